/** R103: how many browsers a mailbox keeps as paired, and how many cookies of one are looked at. */
import { expect, test } from 'vitest'
import { findPairings, pairBrowser, withPairing } from '../../src/accounts/paired-browser.ts'
import { defaultAccountSettings } from '../../src/accounts/settings.ts'

const publicUrl = 'https://mail.example.org'
const now = 1_800_000_000
const pair = (at = now) => pairBrowser({ request: new Request(publicUrl), publicUrl, now: at })
const sending = (cookies: readonly string[]) =>
  new Request(publicUrl, { headers: { Cookie: cookies.map((one) => one.split(';')[0]).join('; ') } })

test('R103: eight browsers are kept; with the ninth the oldest goes', () => {
  const made = Array.from({ length: 9 }, (_, at) => pair(now + at))
  let settings = defaultAccountSettings
  for (const { browser } of made) settings = withPairing(settings, browser, now + 9)
  expect(settings.browsers).toEqual(made.slice(1).map(({ browser }) => browser))
})

test('R103: of one browser thirty-two cookies are looked at', () => {
  const { browser, cookie } = pair()
  const strangers = Array.from({ length: 32 }, () => pair().cookie)
  const find = (cookies: readonly string[]) =>
    findPairings(sending(cookies), [browser], { publicUrl, now: now + 1 })
  expect(find([...strangers.slice(1), cookie])).toEqual([browser.hash])
  expect(find([...strangers, cookie])).toEqual([])
})
