/** `npm start`: the local runner. */
import { runProgram } from './run-program.mjs'

runProgram('local/main.ts')
