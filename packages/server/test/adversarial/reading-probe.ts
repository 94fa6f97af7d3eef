/**
 * A program of its own, so that what it speaks to can be watched: reads the whole corpus through every reading tool and
 * writes what came back. At the end it makes one connection more, as a reader that fetches a picture would.
 */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { TestUser } from '@email-connector/testing'
import { randomMark } from '../../src/wire/untrusted.ts'
import { loopbackConnector, toAccount } from '../tools/open-tools.ts'
import { guessedMark } from './corpus/forgeries.ts'
import { openEndpoint } from './endpoint.ts'
import { type Reading, readEverything, type Stored } from './read-everything.ts'

export interface ProbeOrder {
  readonly user: TestUser
  readonly imapsPort: number
  readonly ca: string
  readonly stored: readonly Stored[]
  readonly leakPort: number
}

export interface ProbeReport {
  readonly readings: readonly Reading[]
  readonly logged: readonly { readonly event: string }[]
  /** Its own, which its client connects to. */
  readonly endpointPort: number
}

const [orderPath = '', reportPath = ''] = process.argv.slice(2)
const { user, imapsPort, ca, stored, leakPort }: ProbeOrder = JSON.parse(readFileSync(orderPath, 'utf8'))

let turn = 0
const endpoint = await openEndpoint({
  accounts: [toAccount(user, { imapsPort }, 1)],
  connector: loopbackConnector(ca),
  deadlineMs: 60_000,
  // The mark that some of the mails guess is always the first choice.
  makeMark: () => (turn++ % 2 === 0 ? guessedMark : randomMark()),
})
const readings: Reading[] = []
for await (const reading of readEverything(endpoint, stored)) readings.push(reading)
const leak = connect(leakPort, '127.0.0.1')
await once(leak, 'error').catch(() => undefined)
const report: ProbeReport = { readings, logged: endpoint.tools.logged, endpointPort: endpoint.port }
writeFileSync(reportPath, JSON.stringify(report))
await endpoint.close()
