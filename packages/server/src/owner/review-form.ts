/**
 * A form of `/review`: fields, and files in a multipart body. How many bytes it may have is decided before anything is
 * read (composition/routes.ts); how many files, and that no field comes twice, is decided here.
 */
import type { OutgoingAttachment } from '@email-connector/mail'
import { parseForm } from '../http/body.ts'
import { toLine } from '../wire/fit.ts'

export interface ReviewForm {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly OutgoingAttachment[]
}

const maxFiles = 20
const maxFields = 10

export function isUpload(request: Request): boolean {
  return /^multipart\/form-data\s*;/i.test(request.headers.get('Content-Type') ?? '')
}

/** Undefined where it is none, or is not as a browser writes it. */
export async function parseReviewForm(request: Request): Promise<ReviewForm | undefined> {
  if (isUpload(request)) return await parseUpload(request)
  const fields = await parseForm(request)
  return fields && { fields, files: [] }
}

async function parseUpload(request: Request): Promise<ReviewForm | undefined> {
  const parts = await request.formData().catch((error: unknown) => {
    if (error instanceof TypeError) return undefined
    throw error
  })
  if (parts === undefined) return undefined
  const fields = new Map<string, string>()
  const files: OutgoingAttachment[] = []
  for (const [name, value] of parts) {
    if (typeof value === 'string') {
      if (fields.has(name) || fields.size === maxFields) return undefined
      fields.set(name, value)
    } else if (value.size > 0) {
      // A browser sends an empty one where none was chosen.
      if (files.length === maxFiles) return undefined
      files.push(await toAttachment(value))
    }
  }
  return { fields, files }
}

async function toAttachment(file: File): Promise<OutgoingAttachment> {
  return {
    filename: toLine(file.name, 200) || 'unnamed',
    contentType: /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(file.type) ? file.type : 'application/octet-stream',
    content: Buffer.from(await file.arrayBuffer()),
  }
}
