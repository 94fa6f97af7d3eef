/** `npm run try`: the small client for a running server. */
import { runProgram } from './run-program.mjs'

runProgram('try/main.ts')
