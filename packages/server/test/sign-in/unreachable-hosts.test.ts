import { createConnector, createHostPolicy } from '@email-connector/mail'
import { describe, expect, test } from 'vitest'
import { unreachableFloorMs } from '../../src/sign-in/account-login.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

const hosts = ['private.example.org', 'missing.example.org', '127.0.0.1', '169.254.169.254']

describe('R40: a refused host and one that cannot be reached, on the pages of the owner', () => {
  test.each<[string, string, (app: MailboxApp) => Promise<Record<string, string>>]>([
    ['the list of connections', '/oauth/connections', async () => ({})],
    [
      'the proof behind a link',
      '/oauth/link',
      async (app) => ({ link: await app.createLink(await app.connect()) }),
    ],
  ])('get the same bytes after the same time: %s', async (_page, path, fieldsOf) => {
    const policy = createHostPolicy({
      resolve: async (host) => {
        if (host === 'private.example.org') return ['10.0.0.5']
        throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      },
    })
    const app = await startMailboxApp({ elsewhere: createConnector({ policy }) })
    const extra = await fieldsOf(app)
    const slept = app.test.slept.length
    const answers = []
    for (const [index, host] of hosts.entries()) {
      const fields = { ...extra, ...app.mailbox('ann@test.example'), imap_host: host, imap_port: '993' }
      const response = await app.test.fetch(
        path,
        { method: 'POST', body: new URLSearchParams(fields) },
        `198.51.100.${index}`,
      )
      const html = (await response.text()).replaceAll(host, 'HOST').replace(/nonce="[^"]+"/g, 'nonce')
      answers.push(`${response.status} ${html}`)
    }
    expect(answers[0]).toContain('No server for incoming mail could be reached at HOST')
    expect(new Set(answers).size).toBe(1)
    expect(app.test.slept.slice(slept)).toEqual(hosts.map(() => unreachableFloorMs))
    await app.close()
  })
})
