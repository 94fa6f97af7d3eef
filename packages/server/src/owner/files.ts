/**
 * `/files`: one attachment, for its owner to download, behind a link of 15 minutes that works in one paired browser. The
 * page says what the file is and starts nothing; a button does. The token travels in the fragment and in forms only.
 */
import { type Connector, MailError, readAttachmentFacts } from '@email-connector/mail'
import { type EpochSeconds, isSameOrigin } from '@email-connector/oauth'
import { createCallAudit } from '../accounts/audit.ts'
import { type FileSubject, fileSubject } from '../accounts/file-link.ts'
import { AccountNotAdmittedError } from '../accounts/grant-accounts.ts'
import type { FindLink, LinkedMailbox } from '../accounts/linked-mailbox.ts'
import { parseLinkField } from '../accounts/one-time-link.ts'
import type { Clock } from '../clock.ts'
import { parseForm } from '../http/body.ts'
import { findOutage } from '../http/outages.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import type { Log } from '../log.ts'
import { type FileStop, filePage, fileStoppedPage, filesLinkPage } from '../pages/files-page.ts'
import { unpairedPage } from '../pages/unpaired-page.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { AuditStore } from '../store/audit-store.ts'
import { type FileDownload, startDownload } from './file-download.ts'
import { withLinkedSession } from './linked-session.ts'
import { stopOfMail } from './mail-stop.ts'

export interface Files {
  /** GET /files */
  page(): Response
  /** POST /files */
  post(request: Request): Promise<Response>
}

/** To find the message and say what the file is. */
const lookMs = 20_000
/** Each holds some megabytes. */
const maxAtOnce = 8
const kind = { type: 'file', subject: fileSubject } as const

export function createFiles(options: {
  readonly publicUrl: string
  readonly findLink: FindLink
  readonly connector: Connector
  readonly audit: AuditStore
  /** What one answer may carry; absent: any size. */
  readonly maxBytes?: number
  /** A whole download may take so long. */
  readonly downloadMs: number
  readonly now: () => EpochSeconds
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}): Files {
  const { publicUrl, findLink, connector, now, clock, log, maxBytes = Number.POSITIVE_INFINITY } = options
  let running = 0

  return {
    page: () => filesLinkPage({}),

    async post(request) {
      if (!isSameOrigin(request, publicUrl)) return fileStoppedPage('ended')
      const fields = await parseForm(request)
      const token = parseLinkField(fields?.get('link'))
      if (fields === undefined || token === undefined) return filesLinkPage({ isFaulty: true })
      try {
        const found = await findLink(kind, token, request)
        if (found.state === 'unpaired') return unpairedPage('/files', token)
        if (found.state === 'ended') return fileStoppedPage('ended')
        const { mailbox } = found
        if (fields.get('action') === 'download') return await download(mailbox, request.signal)
        return await show(mailbox, token).finally(mailbox.close)
      } catch (error) {
        return toPage(error)
      }
    },
  }

  async function show(mailbox: LinkedMailbox<FileSubject>, token: string): Promise<Response> {
    const account = await mailbox.open()
    const { mailbox: path, uidValidity, uid, partId } = mailbox.subject
    const deps = { connector, now, deadlineMs: lookMs }
    const { part, ...email } = await withLinkedSession(mailbox, account, deps, (session) =>
      readAttachmentFacts(session, { mailbox: path, uidValidity, uid }, partId),
    )
    const { filename = 'unnamed', size } = part
    return filePage({
      ...{ token, filename, size, ...email },
      ...{ address: account.address, isTooLarge: size > maxBytes },
    })
  }

  async function download(mailbox: LinkedMailbox<FileSubject>, signal: AbortSignal): Promise<Response> {
    if (running >= maxAtOnce) {
      mailbox.close()
      return fileStoppedPage('busy')
    }
    running++
    const { grantId } = mailbox.grant
    const audit = createCallAudit({
      store: options.audit,
      caller: { grantId, secret: mailbox.secret },
      ...{ tool: 'download_file', changes: false, now },
    })
    const over = async (outcome: 'ok' | 'failed') => {
      running--
      mailbox.close()
      const failure = await audit.ended({ outcome, count: 1 })
      if (failure !== undefined) log(findOutage(failure) ?? { event: 'unavailable', code: 'store' })
    }
    let started: FileDownload
    try {
      await audit.opened(mailbox.secret.accountId)
      const account = await mailbox.open()
      const deps = { connector, now, signal, deadlineMs: options.downloadMs, nowMs: clock.now }
      started = await startDownload(mailbox, account, deps)
    } catch (error) {
      await over('failed')
      throw error
    }
    const noted = started.ended.then((end) => over(end === 'whole' ? 'ok' : 'failed'))
    if (started.size > maxBytes) {
      await started.body.cancel()
      return fileStoppedPage('too_large')
    }
    return toFileResponse(started, noted)
  }

  function toPage(error: unknown): Response {
    if (error instanceof KeyRefusedError) {
      log({ event: 'key_refused', outcome: 'refused' })
      return fileStoppedPage('ended')
    }
    // The list of who may connect says no more to a stranger than a link that is over.
    if (error instanceof AccountNotAdmittedError) return fileStoppedPage('ended')
    if (error instanceof ProviderRefusedError) return fileStoppedPage('sign_in')
    if (!(error instanceof MailError)) throw error
    log({ event: 'mail', outcome: 'failed', code: error.code })
    return fileStoppedPage(stopOf(error))
  }
}

function stopOf(error: MailError): FileStop {
  return error.code === 'invalid_input' ? 'gone' : stopOfMail(error)
}

/** Nothing of it is shown here, whatever it is; the sandbox is for a browser that does all the same. */
function toFileResponse({ filename = 'attachment', body }: FileDownload, noted: Promise<void>): Response {
  const whole = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      // A function is frozen with its answer: what is noted must be there by then.
      flush: () => noted,
    }),
  )
  return new Response(whole, {
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': toDisposition(filename),
      'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
    },
  })
}

/** RFC 6266 §4.3, RFC 8187: a name in ASCII for old programs, and the whole one. */
function toDisposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(filename.replaceAll(/\p{Cs}/gu, '\ufffd')).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
