/** One email as a client gets it: facts only where there are some, and no list cut in the middle of an address. */
import type { MessageDetail } from '@email-connector/mail'
import { describe, expect, test } from 'vitest'
import { emailDetail, toDetailText, toEmailDetail } from '../../src/wire/email-detail.ts'
import { toAddressText } from '../../src/wire/summary-row.ts'

const from = [{ name: 'Ann', address: 'ann@a.example' }]
const plain: MessageDetail = {
  ref: { mailbox: 'INBOX', uidValidity: '1', uid: 1 },
  date: '2026-05-04T10:01:00Z',
  from,
  sender: from,
  replyTo: from,
  to: [{ address: 'bob@b.example' }],
  cc: [],
  bcc: [],
  recipients: { to: 1, cc: 0, bcc: 0 },
  subject: 'Plan',
  references: [],
  flags: [],
  size: 10,
  body: { source: 'text/plain', text: 'Hello', offset: 0, totalChars: 5 },
  attachments: [],
  report: [],
  warnings: [],
}
const show = (message: Partial<MessageDetail>, maxChars = 1000) => {
  const email = toEmailDetail('id', { ...plain, ...message }, maxChars)
  emailDetail.parse(email)
  return { email, text: toDetailText(email) }
}

describe('facts', () => {
  test('an ordinary email has none of them', () => {
    expect(show({}).text).toBe(
      'Id: id\nDate: 2026-05-04T10:01:00Z\nFrom: Ann <ann@a.example>\nTo: bob@b.example\nSubject: Plan\n\nHello',
    )
  })

  test('R50: who sent it for whom, how it was judged, how to leave', () => {
    const { email, text } = show({
      sender: [{ address: 'office@a.example' }],
      importance: 'high',
      list: {
        id: 'boats.a.example',
        leave: ['https://a.example/leave?u=1', `https://a.example/x?${'q'.repeat(700)}`],
        isOneClick: true,
      },
      authentication: { spf: 'pass', dkim: 'pass', dmarc: 'fail' },
    })
    expect(email).toMatchObject({
      sender: 'office@a.example',
      importance: 'high',
      list: {
        id: 'boats.a.example',
        leave: ['https://a.example/leave?u=1', 'https://a.example/x'],
        one_click: true,
      },
      authentication: { spf: 'pass', dkim: 'pass', dmarc: 'fail' },
    })
    expect(text).toContain('\nSender: office@a.example\n')
    expect(text).toContain('\nImportance: high\n')
    expect(text).toContain(
      '\nList: boats.a.example, leave by https://a.example/leave?u=1 or https://a.example/x (one click)\n',
    )
    expect(text).toContain('\nAuthentication: spf pass, dkim pass, dmarc fail\n')
  })
})

describe('recipients', () => {
  const many = Array.from({ length: 100 }, (_, n) => ({
    name: `Person ${n}`,
    address: `person${n}@a.example`,
  }))

  test('R81: as many as fit, whole, and how many there are beyond them', () => {
    const { email } = show({ to: many, recipients: { to: 1000, cc: 0, bcc: 0 } })
    const [, listed = '', more] = /^(.*) and (\d+) more$/.exec(email.to) ?? []
    const addresses = listed.split(', ')
    expect(addresses.every((one) => /^Person \d+ <person\d+@a\.example>$/.test(one))).toBe(true)
    expect(addresses.length + Number(more)).toBe(1000)
    expect(email.to.length).toBeLessThanOrEqual(620)
  })

  test('few are listed all, up to the last character', () => {
    const two = many.slice(0, 2)
    const whole = 'Person 0 <person0@a.example>, Person 1 <person1@a.example>'
    expect(toAddressText(two, whole.length)).toBe(whole)
    expect(toAddressText(two, whole.length - 1)).toBe('Person 0 <person0@a.example> and 1 more')
    expect(toAddressText([], 10)).toBe('')
  })
})

describe('R81: links', () => {
  const body = {
    source: 'text/html',
    text: 'One (a.example) [link 1] two (b.example) [link 2] end',
    offset: 0,
    totalChars: 53,
    links: [
      { number: 1, text: 'One', url: `https://a.example/?${'x'.repeat(30)}` },
      { number: 2, text: 'two', url: `https://b.example/?${'y'.repeat(30)}` },
    ],
  } as const

  test('are listed where the text names them', () => {
    const { email, text } = show({ body })
    expect(email.links).toEqual(body.links)
    expect(text).toMatch(/end\n\[link 1\] https:\/\/a\.example\/\?x+\n\[link 2\] https:\/\/b\.example\/\?y+$/)
  })

  test('a text ends in front of the first whose target does not fit, and goes on there', () => {
    const { email } = show({ body }, 60)
    expect(email.links?.map(({ number }) => number)).toEqual([1])
    expect(email.body).toBe('One (a.example) [link 1] two (b.example) ')
    expect(email.next_offset).toBe(email.body.length)
  })

  test('a target that was cut is said to be', () => {
    const links = [{ number: 1, text: 'One', url: 'https://a.example/', isCut: true }] as const
    const { email } = show({ body: { ...body, links } })
    expect(email.warnings).toEqual(['link_cut'])
  })
})
