/** A program of its own, to be killed: moves or undoes, and kills itself with the second UID MOVE on its way. */
import { readFileSync } from 'node:fs'
import {
  type MessageRef,
  moveMessages,
  planUndo,
  type RefOutcome,
  type UndoStep,
  undoChanges,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

interface Work {
  readonly port: number
  readonly ca: string
  readonly user: { address: string; login: string; password: string }
  readonly refs?: readonly MessageRef[]
  readonly steps?: readonly UndoStep[]
}

const work = JSON.parse(readFileSync(0, 'utf8')) as Work
const { connector, ...deps } = depsFor(work.ca)
let moves = 0
await withImapSession(
  accountOn({ host: 'localhost', port: work.port }, work.user),
  {
    ...deps,
    connector: {
      tlsOptions: (server) => connector.tlsOptions(server),
      async connect(server, options) {
        const socket = await connector.connect(server, options)
        const write = socket.write.bind(socket)
        socket.write = ((chunk: Buffer | string, ...rest: never[]) => {
          if (chunk.toString().includes('UID MOVE') && ++moves === 2) {
            // By then it has left, and what would follow its answer has not.
            setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)
          }
          return moves > 2 ? true : write(chunk, ...rest)
        }) as typeof socket.write
        return socket
      },
    },
  },
  async (session) => {
    const outcomes: RefOutcome[] =
      work.steps === undefined
        ? await moveMessages(session, work.refs ?? [], 'archive')
        : await undoChanges(session, work.steps)
    return planUndo(session, outcomes)
  },
)
