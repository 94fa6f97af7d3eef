/**
 * Some tests try a share of what there is to try, and those of a file `*.long.test.ts` nothing, so that a change is checked
 * in minutes. Every night, and whenever somebody says so, they try all of it: `pnpm test:long`.
 */
const isLong = process.env.LONG_RUN === '1'

/** `whole` in a long run, otherwise `share`. */
export const inLongRun = <T>(whole: T, share: T): T => (isLong ? whole : share)
