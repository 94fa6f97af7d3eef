/** When a greylist may be asked again, in the words of those that are in use. */
import { expect, test } from 'vitest'
import { readRetryAfter } from '../../src/smtp/retry-after.ts'

test.each([
  ['450 4.2.0 <b@x.example>: Recipient address rejected: Greylisted, see http://postgrey.example/help', 900],
  ['451 4.7.1 Greylisting in action, please come back in 00:04:59', 299],
  ['450 4.7.1 Greylisted for 5 minutes', 300],
  ['451 4.7.1 Please try again in 120 seconds', 120],
  ['451 4.3.0 Try again later', 900],
  ['450-4.2.0 Greylisted\r\n450 4.2.0 try again after 2 hours', 7200],
  ['451 4.7.0 Temporary greylist, wait 5 min', 300],
  ['450 4.2.0 try again in 1 second', 60],
  ['450 4.2.0 try again in 999999 hours', 14_400],
  [`450 4.2.0 ${'in '.repeat(100_000)}5 minutes`, 900],
])('%.70s', (reply, seconds) => {
  expect(readRetryAfter(reply)).toBe(seconds)
})
