/** docs/operate.md has a section for every alarm and report, and no other; each links its own. */

import { readDocument, sectionOf } from '@email-connector/server/testing/documents'
import { describe, expect, test } from 'vitest'
import { get, kinds } from './synthesize.ts'

const document = readDocument('operate.md')
const link = /What to do: https:\/\/github\.com\/[\w/-]+\/blob\/main\/docs\/operate\.md#([a-z-]+)/

/** As GitHub makes an anchor of a heading. */
const anchorsIn = (section: string) =>
  [...sectionOf(document, section).matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  )

const linked = (type: string, textOf: (properties: Record<string, unknown>) => string) => [
  ...new Set(
    kinds.flatMap((kind) =>
      Object.entries(get(kind).all(type)).map(([id, { Properties }]) => {
        const [, anchor] = link.exec(textOf(Properties)) ?? []
        return anchor ?? `${id} links nothing`
      }),
    ),
  ),
]

describe('docs/operate.md', () => {
  test('R68: an alarm without a section, and a section without an alarm', () => {
    const anchors = linked('AWS::CloudWatch::Alarm', ({ AlarmDescription }) => String(AlarmDescription))
    expect(anchors.sort()).toEqual(anchorsIn('## Alarms').sort())
  })

  test('R68: a report without a section, and a section without a report', () => {
    const anchors = linked('AWS::Events::Rule', ({ Targets }) => JSON.stringify(Targets))
    expect(anchors.sort()).toEqual(anchorsIn('## Reports').sort())
  })

  test('R68: every alarm goes back to OK by itself', () => {
    for (const kind of kinds)
      for (const [id, { Properties }] of Object.entries(get(kind).all('AWS::CloudWatch::Alarm')))
        expect(Properties.TreatMissingData, id).toBe('notBreaching')
  })
})
