/**
 * What is to be entered into the secret with the providers, checked before it is: `pnpm check-providers providers.json`. Every
 * fault at once, by its name and without its value; a function could only say that there is one.
 */
import { readFileSync } from 'node:fs'
import { parseProvidersSecret } from '../packages/server/src/lambda/provider-secret.ts'
import { SettingsError } from '../packages/server/src/settings.ts'

const [file] = process.argv.slice(2)
if (file === undefined) {
  console.error('Say which file: check-providers providers.json')
  process.exit(1)
}
try {
  const names = parseProvidersSecret(readFileSync(file, 'utf8')).map(({ name }) => `Sign in with ${name}`)
  console.info(names.length === 0 ? 'It turns on no provider.' : `It turns on: ${names.join(', ')}.`)
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
