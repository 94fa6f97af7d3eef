/** R84: the name under which the owner writes, as sign-in finds it in Sent. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyImapLogin } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

describe.skipIf(!findDovecot())('the name of the owner', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot?.stop())
  const learn = async () => {
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
    return (await verifyImapLogin(account, depsFor(dovecot.ca))).ownName
  }
  const send = (from: string) =>
    dovecot.appendRaw(dovecot.alice, 'Sent', `From: ${from}\r\nSubject: x\r\n\r\nx\r\n`)

  test('R84: is that of the newest own email in Sent which has one', async () => {
    expect(await learn()).toBe('')
    await send('=?utf-8?Q?Alice_Liddell=C3=A9?= <Alice@test.example>')
    await send('alice@test.example')
    await send('"alice@test.example" <alice@test.example>')
    await send('The Shop <shop@test.example>')
    expect(await learn()).toBe('Alice Liddellé')
    await send('Alice L. <alice@test.example>')
    expect(await learn()).toBe('Alice L.')
  })
})
