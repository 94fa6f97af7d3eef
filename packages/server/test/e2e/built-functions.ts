/** The functions as `pnpm build` writes them, once for a run: a build takes nine seconds of the processor. */
import { buildFunctions } from '../../../../scripts/build.ts'
import { madeOnce } from './once-a-run.ts'

export const builtFunctions = () => madeOnce('functions', buildFunctions)
