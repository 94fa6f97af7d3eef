/** A function of the tests in the form that Lambda's runtime client loads: it knows no TypeScript, the Node it runs on does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TempFolder } from '@email-connector/testing'

export function wrapFunction(folder: TempFolder, file: string): string {
  const wrapper = join(folder.path, 'index.mjs')
  writeFileSync(wrapper, `export * from ${JSON.stringify(pathToFileURL(file).href)}\n`)
  return wrapper
}
