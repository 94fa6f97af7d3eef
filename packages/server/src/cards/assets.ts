/**
 * The parts of the review card, as text: read from their files once. A bundle has them inside instead (scripts/build.ts
 * puts them in the place of this file).
 */
import { readFileSync } from 'node:fs'

export const cardHtml = readAsset('review.html')
export const cardCss = readAsset('review.css')
export const cardJs = readAsset('review.js')

function readAsset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')
}
