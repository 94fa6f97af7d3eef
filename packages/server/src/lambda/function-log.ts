/** The log of a function: lines of the closed vocabulary to its log group, and nothing else. */
import { createLog } from '../log.ts'

export const log = createLog({
  write: (line) => process.stdout.write(`${line}\n`),
  now: () => new Date(),
})
