/** Every page there is, in every state that looks different, as the app answers it. By name. */
import { parseForm } from '@email-connector/testing'
import type { MailboxApp } from '../app/mailbox-app.ts'

export async function answerEveryPage(app: MailboxApp): Promise<ReadonlyMap<string, Response>> {
  const { test, mailbox } = app
  const token = await app.connect({ name: 'Claude', permission: 'send' })
  await app.connect({ name: 'VS Code', permission: 'read' })
  const link = await app.createLink(token)
  const ann = mailbox('ann@test.example')
  const form = { name: 'Claude', redirectUri: 'https://claude.ai/api/mcp/auth_callback' }

  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    test.fetch(path, { method: 'POST', headers: { Cookie: cookie }, body: new URLSearchParams(fields) })
  const cookieOf = (response: Response) => (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''

  async function submit(fields: Record<string, string>, options: Parameters<typeof test.authorizeUrl>[0]) {
    const page = await test.fetch(await test.authorizeUrl(options))
    const cookie = cookieOf(page)
    return post('/oauth/connect', { ...parseForm(await page.text()).hidden, ...fields }, cookie)
  }

  const connections = await post('/oauth/connections', ann)
  const proof = /name="proof" value="([^"]+)"/.exec(await connections.clone().text())?.[1] ?? ''
  const consent = await post('/oauth/link', { link, ...ann })

  const pages = new Map<string, Response>([
    ['home', await test.fetch('/')],
    ['privacy', await test.fetch('/privacy')],
    ['sign-in', await test.fetch(await test.authorizeUrl(form))],
    ['sign-in of a program on this computer', await test.fetch(await test.authorizeUrl())],
    ['sign-in to read only', await test.fetch(await test.authorizeUrl({ ...form, scope: 'email:read' }))],
    ['sign-in with every fault', await submit({ provider: 'generic' }, form)],
    [
      'sign-in with a wrong password',
      await submit({ ...mailbox('bob@test.example', 'wrong'), permission: 'send' }, form),
    ],
    ['sign-in stopped', await test.fetch('/oauth/authorize?client_id=nobody')],
    ['sign-in ended', await post('/oauth/connect', { state: 'x' })],
    ['connections: sign-in', await test.fetch('/oauth/connections')],
    ['connections: fault', await post('/oauth/connections', { provider: 'gmail', address: 'ann' })],
    ['connections', connections],
    ['link: proof', await test.fetch('/oauth/link')],
    ['link: fault', await post('/oauth/link', { link: 'x' })],
    ['link: consent', consent],
    ['link: fault in the mailbox', await post('/oauth/link', { link, step: 'connect' }, cookieOf(consent))],
    [
      'link: done',
      await post('/oauth/link', { link, step: 'connect', ...mailbox('bob@test.example') }, cookieOf(consent)),
    ],
    ['link: ended', await post('/oauth/link', { link, ...ann })],
    ['nothing here', await test.fetch('/nothing', { headers: { Accept: 'text/html' } })],
    ['connections: all revoked', await post('/oauth/connections', { proof, revoke: 'all' })],
  ])
  for (let attempt = 0; attempt < 6; attempt++) {
    pages.set('too many attempts', await post('/oauth/connections', mailbox('eve@test.example', 'wrong')))
  }
  return pages
}
