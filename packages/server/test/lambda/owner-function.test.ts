/** The owner function as it is deployed: files through the gateway, and what it asks of DynamoDB and KMS for them. */
import { describe, expect, test } from 'vitest'
import { signInFields } from '../e2e/product.ts'
import { downloadAsOwner, largeEmail } from '../owner/download-as-owner.ts'
import { missing, useGateway, whenPossible } from './gateway.ts'

describe.skipIf(missing !== undefined)(whenPossible('R70: the owner function'), () => {
  const running = useGateway()

  test('R27: streams 25 MB byte for byte; it asks for token, leash, grant, cookie and only then for the key', async () => {
    const { product, mail, tokens } = running()
    const film = largeEmail(25_000_000)
    await mail.imap.appendRaw(mail.imap.alice, 'INBOX', film.raw)
    const { owner } = product.dynamoDb
    owner.forgetCalls()
    product.kms.forgetCalls()
    const fields = signInFields(product, mail.imap.alice)
    const got = await downloadAsOwner(product.url, { accessToken: tokens.access_token, fields })
    expect(got.page).toContain('film.bin')
    expect({ hash: got.hash, size: got.size }).toEqual({ hash: film.hash, size: film.size })
    expect(got.response.headers.get('content-disposition')).toContain('film.bin')
    const opening = ['GetItem file#', 'GetItem leash#', 'Query grant#', 'UpdateItem file#']
    expect(owner.calls.map(({ operation, row }) => `${operation} ${row}`)).toEqual([
      ...opening,
      ...opening,
      'PutItem audit#',
    ])
    // One for mcp, and one for each of the two forms.
    expect(product.kms.calls.map(({ operation }) => operation)).toEqual(Array(3).fill('Decrypt'))
    expect(product.accessLog.join('\n')).not.toContain(got.page.split('name="link" value="')[1]?.slice(0, 64))
  })

  test('without its rows, its table or its key: a page that says so, and no word of the link', async () => {
    const { product } = running()
    const post = () =>
      fetch(`${product.url}/files`, { method: 'POST', body: new URLSearchParams({ link: 'f'.repeat(64) }) })
    expect((await post()).status).toBe(403)
    product.dynamoDb.owner.fault = () => 'throttled'
    try {
      const down = await post()
      expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5'])
    } finally {
      product.dynamoDb.owner.fault = undefined
    }
    expect((await fetch(`${product.url}/files`)).status).toBe(200)
    expect(product.output()).not.toContain('f'.repeat(64))
  })
})
