/** A file from a tool's link to its hash, over HTTP alone: sign in on the page, pair, open the link, download. */
import { createHash } from 'node:crypto'
import { callTool } from '../e2e/raw-client.ts'

const block = Buffer.from(
  Array.from({ length: 57 * 19_000 }, (_, index) => (index * 31 + (index >> 8)) % 251),
)
const encodedBlock = block.toString('base64').replaceAll(/.{76}/g, '$&\r\n')

/** An email with one attachment of about that many bytes, and the hash of these. */
export function largeEmail(bytes: number): {
  readonly raw: Buffer
  readonly hash: string
  readonly size: number
} {
  const count = Math.ceil(bytes / block.length)
  const hash = createHash('sha256')
  for (let index = 0; index < count; index++) hash.update(block)
  const head = [
    'From: joerg@test.example',
    'Subject: A film',
    'Content-Type: application/octet-stream; name="film.bin"',
    'Content-Disposition: attachment; filename="film.bin"',
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ].join('\r\n')
  const raw = Buffer.from(head + encodedBlock.repeat(count), 'latin1')
  return { raw, hash: hash.digest('hex'), size: count * block.length }
}

type PostForm = (path: string, form: Record<string, string> | FormData) => Promise<Response>

/** What a browser posts that is paired with every connection of the mailbox. */
export async function pairAsOwner(url: string, fields: Record<string, string>): Promise<PostForm> {
  const cookies = new Map<string, string>()
  const post: PostForm = async (path, form) => {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      body: form instanceof FormData ? form : new URLSearchParams(form),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer
  }
  const list = await (await post('/oauth/connections', fields)).text()
  const [, proof = ''] = /name="proof" value="([^"]+)"/.exec(list) ?? []
  for (const [, grant = ''] of list.matchAll(/name="browsers" value="([^"]+)"/g))
    await (await post('/oauth/connections', { proof, pair: grant })).text()
  return post
}

/** Of the newest email. */
export async function downloadAsOwner(
  url: string,
  { accessToken, fields }: { accessToken: string; fields: Record<string, string> },
): Promise<{
  readonly hash: string
  readonly size: number
  readonly page: string
  readonly response: Response
}> {
  const post = await pairAsOwner(url, fields)
  const call = (tool: string, args: Record<string, unknown>) => callTool(url, accessToken, tool, args)
  const listed = await call('get_recent_emails', { limit: 1 })
  const told = await call('get_attachment', { id: listed.emails[0].id, attachment_id: '1' })
  const link = String(told.download_url).split('#')[1] ?? ''
  const page = await (await post('/files', { link })).text()
  const response = await post('/files', { link, action: 'download' })
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of response.body ?? []) {
    hash.update(piece)
    size += piece.length
  }
  return { hash: hash.digest('hex'), size, page, response }
}
