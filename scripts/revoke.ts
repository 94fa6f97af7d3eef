/**
 * `pnpm revoke --stage prod --host imap.example.com --login ann@example.com`: ends every connection of a mailbox. On AWS the
 * oauth function is invoked directly, which IAM alone allows; locally the store is opened. Repeats until nothing is left.
 */
import { parseArgs } from 'node:util'

const usage = `Usage: pnpm revoke --stage <name> --host <imap host> --login <login> [--dry-run]
       pnpm revoke --local --host <imap host> --login <login> [--dry-run]

Ends every connection of a mailbox, with all mailboxes of each such connection: its apps are refused at their next call.
Nothing is changed in the mailbox. To keep it from connecting again, put it into deniedAccounts (DENIED_ACCOUNTS locally).

  --stage     a stage of stages.json; needs credentials of AWS that may invoke its oauth function
  --local     the data of npm start on this machine (DATA_DIR), which has to be stopped
  --host      the IMAP server it connected with, such as imap.gmail.com or outlook.office365.com
  --login     what it signs in with, usually the address
  --dry-run   counts the connections and ends none

Ends with 0 if nothing is left (or after a dry run), 1 if something went wrong, 2 if it was asked for wrongly.
It may be interrupted and repeated at any time.
`

interface Answer {
  readonly ended: number
  readonly left: number
}
type Ask = () => Promise<Answer>

const print = (line: string) => process.stdout.write(`${line}\n`)

function readCommand() {
  const { values } = parseArgs({
    options: {
      ...{ stage: { type: 'string' }, host: { type: 'string' }, login: { type: 'string' } },
      ...{ local: { type: 'boolean', default: false }, 'dry-run': { type: 'boolean', default: false } },
      help: { type: 'boolean', default: false },
    },
  })
  return values
}

async function toAsk(values: ReturnType<typeof readCommand>): Promise<Ask | undefined> {
  const { stage, local, host = '', login = '', 'dry-run': dryRun } = values
  if (host.trim() === '' || login.trim() === '' || (stage === undefined) === !local) return undefined
  if (stage !== undefined) return await askFunction(stage, { operator: { revoke: { host, login }, dryRun } })
  const { revokeLocally } = await import('../packages/server/src/local/revocation.ts')
  return () => revokeLocally({ imapHost: host, login }, { dryRun, startedIn: process.cwd() })
}

async function askFunction(stageName: string, event: object): Promise<Ask> {
  const [{ InvokeCommand, LambdaClient }, { getStage }, { functionName }] = await Promise.all([
    import('@aws-sdk/client-lambda'),
    import('../stacks/stages.ts'),
    import('../stacks/names.ts'),
  ])
  const { region, name } = getStage(stageName)
  const client = new LambdaClient({ region })
  return async () => {
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: functionName(name, 'oauth'),
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    )
    const text = Buffer.from(answer.Payload ?? []).toString('utf8')
    if (answer.FunctionError !== undefined)
      throw new Error(
        'The function could not do it; nothing that was ended comes back. Its log says why. Run the same command again.',
      )
    const parsed = JSON.parse(text) as Answer | { fault: string }
    if ('fault' in parsed) throw new Error(parsed.fault)
    return parsed
  }
}

async function revoke(ask: Ask, dryRun: boolean): Promise<number> {
  let total = 0
  for (;;) {
    const { ended, left } = await ask()
    total += ended
    if (dryRun) {
      print(`${count(left)} would be ended.`)
      return 0
    }
    if (left === 0) {
      print(total === 0 ? 'This mailbox has no connection.' : `${count(total)} ended; none is left.`)
      return 0
    }
    if (ended === 0) throw new Error('No more could be ended. Try again.')
    print(`${count(total)} ended, ${left} left …`)
  }
}

const count = (number: number) => (number === 1 ? '1 connection' : `${number} connections`)

try {
  const values = readCommand()
  if (values.help) {
    process.stdout.write(usage)
  } else {
    const ask = await toAsk(values)
    if (ask === undefined) {
      process.stdout.write(usage)
      process.exitCode = 2
    } else process.exitCode = await revoke(ask, values['dry-run'])
  }
} catch (error) {
  const isWrong = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  print(error instanceof Error ? error.message : String(error))
  if (isWrong) process.stdout.write(`\n${usage}`)
  process.exitCode = isWrong ? 2 : 1
}
