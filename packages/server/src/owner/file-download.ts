/**
 * The bytes of one attachment on their way from the mail server to the browser: a piece is fetched when the one before
 * it was taken, so that memory does not grow with the file or with a slow reader. Whether the grant still lives is asked
 * again as long as it lasts; a grant that ended, a server that failed or a time that is over breaks the download off.
 */
import { type MailAccount, type MailDeps, openAttachmentStream } from '@email-connector/mail'
import type { FileSubject } from '../accounts/file-link.ts'
import { GrantGoneError } from '../accounts/grant-accounts.ts'
import type { LinkedMailbox } from '../accounts/linked-mailbox.ts'
import { withLinkedSession } from './linked-session.ts'

/** Of a revocation, a download sees that soon. */
const grantedEveryMs = 10_000

export interface FileDownload {
  readonly filename?: string
  readonly size: number
  readonly body: ReadableStream<Uint8Array>
  /** When it is over, whole or not. Never rejects. */
  readonly ended: Promise<'whole' | 'broken'>
}

/** Resolves when the file is found. Throws MailError, ProviderRefusedError; later faults end the body. */
export async function startDownload(
  mailbox: LinkedMailbox<FileSubject>,
  account: MailAccount,
  { deadlineMs, nowMs, ...deps }: Omit<MailDeps, 'deadlineMs'> & { deadlineMs: number; nowMs: () => number },
): Promise<FileDownload> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const time = AbortSignal.timeout(deadlineMs)
  const signal = deps.signal === undefined ? time : AbortSignal.any([deps.signal, time])
  const stop = () => void writer.abort(signal.reason).catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  const { mailbox: path, uidValidity, uid, partId } = mailbox.subject

  return await new Promise((found, notFound) => {
    const whole = withLinkedSession(mailbox, account, { ...deps, signal, deadlineMs }, async (session) => {
      const stream = await openAttachmentStream(session, { mailbox: path, uidValidity, uid }, partId)
      const { filename, size } = stream
      found({ ...(filename !== undefined && { filename }), size, body: readable, ended })
      let askedAt = nowMs()
      for await (const piece of stream.pieces) {
        if (nowMs() - askedAt >= grantedEveryMs) {
          if (!(await mailbox.isGranted())) throw new GrantGoneError('The grant has ended')
          askedAt = nowMs()
        }
        if (piece.length > 0) await writer.write(piece)
      }
      await writer.close()
    })
    const ended = whole.then(
      () => 'whole' as const,
      async (error: unknown) => {
        notFound(error)
        await writer.abort(error).catch(() => undefined)
        return 'broken' as const
      },
    )
    void ended.then(() => signal.removeEventListener('abort', stop))
  })
}
