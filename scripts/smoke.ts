/**
 * `pnpm smoke https://mail.example.com`: what a deployment shows to the outside is as it should be. Ends with 1 if anything is
 * not, with 2 if it was asked for wrongly.
 */
import { parseArgs } from 'node:util'
import { checks, Problem } from './smoke/checks.ts'
import { type SignedIn, signIn } from './smoke/sign-in.ts'

const usage = `Usage: pnpm smoke <address> [--sign-in]

Tries a deployment from outside: ${checks.map(({ title }) => title).join(', ')}.

  <address>   https://mail.example.com, or what npm start prints; /mcp at its end does no harm
  --sign-in   prints a link; sign in there and grant reading. Needed for what a token is needed for.
              The connection is ended afterwards.

Ends with 0 if all is well, 1 if something is wrong, 2 if the address is none.
`

const print = (line: string) => process.stdout.write(`${line}\n`)
const row = (mark: string, title: string, text: string) => print(`${mark.padEnd(8)} ${title}: ${text}`)

function parseAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const { protocol, origin } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined
}

/** Of an unreachable server: what Node says of it, such as ENOTFOUND. */
function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error ? `${error.message} (${cause.message || cause.name})` : error.message
}

async function main(url: string, wantsToken: boolean): Promise<number> {
  let failed = 0
  let signedIn: SignedIn | undefined
  const attempt = async (title: string, work: () => Promise<string>) => {
    try {
      row('ok', title, await work())
    } catch (error) {
      failed += 1
      row('FAILED', title, sentenceOf(error))
    }
  }
  if (wantsToken)
    await attempt('sign-in', async () => {
      signedIn = await signIn(url, (address) => print(`Open this and grant reading:\n\n  ${address}\n`))
      return 'a token to read'
    })
  for (const { title, needsToken, run } of checks) {
    if (needsToken && signedIn === undefined) row('not run', title, 'needs --sign-in')
    else await attempt(title, () => run({ url, ...(signedIn && { token: signedIn.token }) }))
  }
  const { revoke } = (signedIn as SignedIn | undefined) ?? {}
  if (revoke !== undefined)
    await attempt('sign-out', async () => {
      await revoke()
      return 'the connection is ended'
    })
  print(failed === 0 ? `\n${url} is as it should be.` : `\n${failed} of the checks failed.`)
  return failed === 0 ? 0 : 1
}

function parseCommand() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', default: false }, 'sign-in': { type: 'boolean', default: false } },
    })
  } catch (error) {
    print(sentenceOf(error))
    return undefined
  }
}

const command = parseCommand()
const address = parseAddress(command?.positionals[0])
if (command?.values.help) {
  process.stdout.write(usage)
} else if (command === undefined || address === undefined || command.positionals.length !== 1) {
  process.stdout.write(usage)
  process.exitCode = 2
} else {
  process.exitCode = await main(address, command.values['sign-in'])
}
