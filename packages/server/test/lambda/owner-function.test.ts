/** The owner function as it is deployed: files through the gateway, and what it asks of DynamoDB and KMS for them. */
import { randomBytes } from 'node:crypto'
import { peakBytes } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { signInFields } from '../e2e/product.ts'
import { callTool, signIn } from '../e2e/raw-client.ts'
import { createCanaries } from '../e2e/secrets.ts'
import { downloadAsOwner, largeEmail, pairAsOwner } from '../owner/download-as-owner.ts'
import { missing, useGateway, whenPossible } from './gateway.ts'

describe.skipIf(missing !== undefined)(whenPossible('R70: the owner function'), () => {
  const running = useGateway()

  test('R27, R59: streams 25 MB byte for byte under 300 MB; it asks for token, leash, grant, cookie and only then for the key', async () => {
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
    for (const pid of product.functions.owner.pids())
      expect(peakBytes(pid) / 1024 ** 2, 'R59').toBeLessThan(300)
    expect(product.functions.owner.pids()).not.toEqual([])
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

  test('R85, R96, R103: a held email is shown and released once; the leash is the last it asks before DATA; no row or log has a word of it', async () => {
    const { product, mail, clientId } = running()
    const fields = { ...signInFields(product, mail.imap.alice), ask: 'ask' }
    const tokens = await signIn(product.url, clientId, fields)
    const canaries = createCanaries()
    const to = mail.imap.bob.address
    const [subject, file, words] = ['canary-subject', 'canary-file.txt', 'canary-words']
    const letter = {
      ...{ to: [to], subject, body: words },
      attachments: [{ filename: file, content_type: 'text/plain', content: 'canary-content' }],
    }
    const call = (tool: string, args: Record<string, unknown>) =>
      callTool(product.url, tokens.access_token, tool, args)
    const held = await call('send_email', letter)
    expect(held).toMatchObject({ state: 'held' })
    const link = String(held.review_url).split('#')[1] ?? ''
    const post = await pairAsOwner(product.url, fields)
    const { owner } = product.dynamoDb
    const named = () => owner.calls.map(({ operation, row }) => `${operation} ${row}`)
    const opening = ['GetItem review#', 'GetItem leash#', 'Query grant#', 'UpdateItem review#']

    owner.forgetCalls()
    const page = await (await post('/review', { link })).text()
    for (const shown of [subject, to, file, words]) expect(page).toContain(shown)
    expect(named()).toEqual([...opening, 'GetItem send#'])

    const approvalIn = (text: string) => /name="approval" value="([^"]+)"/.exec(text)?.[1] ?? ''
    const upload = new FormData()
    const asked = { link, approval: approvalIn(page), action: 'add' }
    for (const [name, value] of Object.entries(asked)) upload.set(name, value)
    upload.append('file', new File([randomBytes(3_500_000)], 'canary-film.bin'))
    owner.forgetCalls()
    const withFile = await (await post('/review', upload)).text()
    expect(withFile).toContain('canary-film.bin')
    expect(named()).toEqual([...opening, 'PutItem audit#', 'GetItem send#', 'UpdateItem audit#'])
    const approval = approvalIn(withFile)
    owner.forgetCalls()
    const answers = await Promise.all(
      [1, 2].map(async () => await (await post('/review', { link, action: 'send', approval })).text()),
    )
    expect(answers.filter((text) => text.includes('<h1>Sent</h1>'))).toHaveLength(1)
    expect(
      (await mail.imap.reader(mail.imap.alice).messages('Sent')).filter((one) => one.subject === subject),
    ).toHaveLength(1)
    expect(await call('send_email', letter)).toMatchObject({ state: 'sent', repeated: true })

    owner.forgetCalls()
    const again = await call('send_email', {
      ...letter,
      subject: `${subject} two`,
      // Laid out in a thread.
      body: `# ${words}\n\n${'A long line of words. '.repeat(7_000)}`,
    })
    const second = String(again.review_url).split('#')[1] ?? ''
    const yes = approvalIn(await (await post('/review', { link: second })).text())
    owner.forgetCalls()
    await (await post('/review', { link: second, action: 'send', approval: yes })).text()
    const counted = ['UpdateItem count#', 'UpdateItem send#']
    expect(named()).toEqual([
      ...[...opening, 'PutItem audit#', 'GetItem send#', 'PutItem send#'],
      ...['GetItem leash#', ...counted, 'UpdateItem send#', 'UpdateItem audit#'],
    ])

    canaries.add('content', subject, to, file, words, 'canary-content', 'canary-film')
    canaries.add('link', link, second, approval, String(held.message_id))
    const output = product.output() + product.accessLog.join('\n')
    expect(canaries.foundIn(output)).toEqual([])
    expect(canaries.foundIn(await product.dumpStore())).toEqual([])
  })
})
