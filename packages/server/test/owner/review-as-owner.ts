/** An email that a tool has held, and what its owner does with it in a browser: the link, the page, the answer. */
import { tokenId } from '@email-connector/oauth'
import type { Browser, DovecotApp } from './dovecot-app.ts'

export interface ReviewPage {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** What its buttons answer. */
  readonly answers: readonly string[]
  readonly approval: string
}

async function readPage(answer: Response): Promise<ReviewPage> {
  const text = await answer.text()
  const [, approval = ''] = /name="approval" value="([^"]+)"/.exec(text) ?? []
  const answers = [...text.matchAll(/name="action" value="(\w+)"/g)].map(([, name = '']) => name)
  return { status: answer.status, headers: answer.headers, text, answers, approval }
}

export const tokenIn = (link: string) => link.split('#')[1] ?? ''

export function reviewAs(browser: Browser) {
  const post = async (fields: Record<string, string>, headers = {}) =>
    await readPage(await browser.post('/review', fields, headers))
  return {
    show: (link: string, headers = {}) => post({ link }, headers),
    answer: (link: string, action: string, approval: string, headers = {}) =>
      post({ link: tokenIn(link), action, approval }, headers),
    /** As the form with files does. */
    async add(link: string, approval: string, files: Record<string, Buffer>) {
      const form = new FormData()
      for (const [name, value] of Object.entries({ link: tokenIn(link), approval, action: 'add' }))
        form.set(name, value)
      for (const [name, content] of Object.entries(files))
        form.append('file', new File([new Uint8Array(content)], name))
      return await readPage(await browser.post('/review', form))
    },
    /** Looks first, as a person does. */
    async decide(link: string, action: string) {
      const { approval } = await post({ link })
      return await post({ link: tokenIn(link), action, approval })
    },
  }
}

export function letter(subject: string, more: object = {}) {
  return { to: ['Bob <bob@test.example>'], subject, body: 'Dear Bob, *well*.', ...more }
}

/** An email that nobody released, and its link. */
export async function holdWith(app: DovecotApp, token: string, subject: string, more: object = {}) {
  const { structuredContent: held } = await app.call(token, 'send_email', letter(subject, more))
  if (held?.state !== 'held') throw new Error(`Not held: ${JSON.stringify(held)}`)
  return { link: String(held.review_url), draftId: String(held.draft_id), messageId: String(held.message_id) }
}

export async function reviewRow({ test }: DovecotApp, link: string) {
  const row = await test.stores.derivedTokens.findDerivedToken('review', tokenId(tokenIn(link)))
  if (row === undefined) throw new Error('The link has a row')
  return row
}
