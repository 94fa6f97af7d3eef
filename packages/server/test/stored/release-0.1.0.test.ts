/** R30: a deployment of 0.1.0 goes on working, in its local folder and in its tables. */
import { afterEach, describe, expect, test } from 'vitest'
import { filledStores, type OldProduct, startOldProduct } from './old-product.ts'
import { release010 } from './release-0.1.0.ts'

const { used, unused, address, clientId, link } = release010

describe.each(filledStores)('what 0.1.0 left in $name', ({ isHere, open }) => {
  let product: OldProduct
  let closeStores: () => Promise<void>
  afterEach(async () => {
    await product.close()
    await closeStores()
  })
  const start = async () => {
    const opened = await open()
    closeStores = opened.close
    product = await startOldProduct(opened.stores)
    return opened.stores
  }

  test.runIf(isHere)('R30: its access tokens read, send once, refresh, and read again', async () => {
    const stores = await start()
    expect(await product.call(used.access_token, 'list_accounts')).toContain(address)
    expect(await product.call(used.access_token, 'get_recent_emails')).toContain('"emails"')
    const sentThen = { to: [address], subject: 'Sent by 0.1.0', body: 'Words.', idempotency_key: 'first' }
    // That release named contents otherwise: its key is found, its email is not known again, and nothing is sent.
    expect(await product.call(used.access_token, 'send_email', sentThen)).toContain('key_reused')
    for (const tokens of [used, unused]) {
      const refreshed = await product.refresh(tokens.refresh_token)
      expect(refreshed.status).toBe(200)
      expect(await product.call(refreshed.tokens.access_token, 'get_recent_emails')).toContain('"emails"')
      expect((await product.refresh(refreshed.tokens.refresh_token)).status).toBe(200)
    }
    for (const key of Object.keys(release010.rows).filter((one) => one.startsWith('grant!'))) {
      const found = await stores.accounts.findGrantWithAccounts(key.slice('grant!'.length))
      expect(found?.grant.ownerRoom).toBe(release010.secrets.kid)
      expect(found?.accounts).toMatchObject([{ v: 2, credentialVersion: 2 }])
      expect(found?.settings).toHaveLength(2)
    }
  })

  test.runIf(isHere)(
    'R30: its link proves the mailbox and takes a new password; its page lists and revokes',
    async () => {
      const stores = await start()
      const post = (path: string, fields: Record<string, string>, cookie = '') =>
        product.fetch(path, {
          method: 'POST',
          headers: { 'Sec-Fetch-Site': 'same-origin', Cookie: cookie },
          body: new URLSearchParams(fields),
        })
      const proved = await post('/oauth/link', { link, ...product.mailbox })
      const cookie = proved.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const renewed = await post('/oauth/link', { link, step: 'connect', ...product.mailbox }, cookie)
      expect(await renewed.text()).toContain('The new password is stored')
      expect(await product.call(used.access_token, 'get_recent_emails')).toContain('"emails"')

      const listed = await post('/oauth/connections', product.mailbox)
      const page = await listed.text()
      const cookies = listed.headers.getSetCookie().map((line) => line.split(';')[0])
      expect(page.match(/Raw client/g)?.length).toBeGreaterThanOrEqual(2)
      const proof = /name="proof" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const revoked = await post('/oauth/connections', { proof, revoke: 'all' }, cookies.join('; '))
      expect(await revoked.text()).toContain('2')
      await expect(product.call(unused.access_token, 'get_recent_emails')).rejects.toThrow('401')
      const ids = Object.keys(release010.rows).flatMap((key) => /^grant!(.*)/.exec(key)?.[1] ?? [])
      for (const grantId of ids) expect(await stores.authorization.getGrant(grantId)).toBeUndefined()
    },
  )

  test.runIf(isHere)('R30: a client that revokes with its token of 0.1.0 ends the grant', async () => {
    await start()
    const body = new URLSearchParams({ client_id: clientId, token: unused.refresh_token })
    expect((await product.fetch('/oauth/revoke', { method: 'POST', body })).status).toBe(200)
    await expect(product.call(unused.access_token, 'get_recent_emails')).rejects.toThrow('401')
    expect(await product.call(used.access_token, 'list_accounts')).toContain(address)
  })
})
