/**
 * The stylesheet and the script of the pages, as text: read from their files once. A bundle has both inside instead
 * (scripts/build.ts puts them in the place of this file).
 */
import { readFileSync } from 'node:fs'

export const pageCss = readAsset('page.css')
export const pageJs = readAsset('page.js')

function readAsset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')
}
