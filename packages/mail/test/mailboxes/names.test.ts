import { describe, expect, test } from 'vitest'
import { findMailbox, findMailboxLoosely } from '../../src/mailboxes/names.ts'
import type { Mailbox, SpecialUse } from '../../src/message.ts'

const mailbox = (path: string, specialUse?: SpecialUse): Mailbox => ({
  path,
  name: path.split('/').at(-1) ?? path,
  delimiter: '/',
  selectable: true,
  ...(specialUse && { specialUse }),
})
const uses = ['drafts', 'sent', 'trash', 'junk', 'archive', 'all', 'flagged'] as const
const pathOf = (mailboxes: readonly Mailbox[], name: string) => findMailbox(mailboxes, name)?.path

describe('which mailbox a name means', () => {
  test('a path is known by what is shown of it, unless another one is that exactly', () => {
    const odd = 'Work\u202E\u200Bs'
    expect(pathOf([mailbox(odd)], 'Works')).toBe(odd)
    expect(pathOf([mailbox(odd), mailbox('Works')], 'Works')).toBe('Works')
  })

  test.each(uses)('the word "%s" is the special use, whatever plain mailboxes are called so', (use) => {
    const shadowed = [mailbox(use), mailbox(use.toUpperCase()), mailbox(`Sub/${use}`), mailbox('Real', use)]
    for (const listed of [shadowed, [...shadowed].reverse()]) {
      expect(pathOf(listed, use)).toBe('Real')
      // Another spelling, or a place of its own, is a path.
      expect(pathOf(listed, use.toUpperCase())).toBe(use.toUpperCase())
      expect(pathOf(listed, `Sub/${use}`)).toBe(`Sub/${use}`)
    }
  })

  test('the word is a plain mailbox where no special use is known', () => {
    expect(pathOf([mailbox('trash'), mailbox('Bin')], 'trash')).toBe('trash')
    expect(pathOf([mailbox('Trash')], 'trash')).toBe('Trash')
  })

  test.each([
    ['bin', 'trash'],
    ['spam', 'junk'],
    ['draft', 'drafts'],
    ['starred', 'flagged'],
    ['SENT', 'sent'],
    ['Junk', 'junk'],
  ] as const)('"%s" is a path where there is one, else the special use %s', (name, use) => {
    expect(pathOf([mailbox('Real', use), mailbox(name)], name)).toBe(name)
    expect(pathOf([mailbox('Real', use), mailbox(`${name}s`)], name)).toBe('Real')
  })

  test('`/` parts levels on a server with another delimiter, with its prefix or without, and an exact path comes first', () => {
    const dotted = (path: string): Mailbox => ({ ...mailbox(path), delimiter: '.' })
    const listed = [dotted('INBOX.Projects.2026'), dotted('Top.2026'), dotted('Top.A'), dotted('Top.a')]
    expect(pathOf(listed, 'Projects/2026')).toBe('INBOX.Projects.2026')
    expect(pathOf(listed, 'inbox/projects/2026')).toBe('INBOX.Projects.2026')
    expect(pathOf(listed, 'Top/2026')).toBe('Top.2026')
    expect(['Top/a', 'Top/A', 'TOP/a'].map((name) => pathOf(listed, name))).toEqual([
      'Top.a',
      'Top.A',
      undefined,
    ])
    expect(pathOf([dotted('a.b'), dotted('a/b')], 'a/b')).toBe('a/b')
    // A server without levels, and one whose delimiter it is.
    expect(pathOf([{ ...mailbox('a/b'), delimiter: '' }], 'a/b')).toBe('a/b')
    expect(pathOf([mailbox('a.b')], 'a/b')).toBeUndefined()
  })

  test('INBOX in any case is the inbox, and "inbox" no other', () => {
    const listed = [mailbox('Old/inbox'), mailbox('INBOX', 'inbox')]
    for (const name of ['inbox', 'INBOX', 'Inbox']) expect(pathOf(listed, name)).toBe('INBOX')
  })

  test('a path that differs in case, or lacks the prefix, is found where it is the only one', () => {
    const listed = [mailbox('Work'), mailbox('INBOX/Home'), mailbox('a'), mailbox('A')]
    expect(['work', 'home', 'a', 'A', 'b'].map((name) => pathOf(listed, name))).toEqual([
      'Work',
      'INBOX/Home',
      'a',
      'A',
      undefined,
    ])
  })

  test('the manners of another server are understood where nothing is named exactly so', () => {
    const slashed = ['INBOX', 'Archive', 'Projects', 'Projects/Größe', 'a.b', 'INBOX/Home'].map((path) =>
      mailbox(path),
    )
    const dotted = ['INBOX', 'INBOX.Work', 'INBOX.Work.2026'].map((path) => ({
      ...mailbox(path),
      delimiter: '.',
    }))
    const flat = ['INBOX', 'Work'].map((path) => ({ ...mailbox(path), delimiter: '' }))
    for (const [listed, name, path] of [
      [slashed, 'Archive/', 'Archive'],
      [slashed, '/Projects/', 'Projects'],
      [slashed, 'INBOX/Projects', 'Projects'],
      [slashed, 'inbox.projects.größe', 'Projects/Größe'],
      [slashed, 'Projects.Größe', 'Projects/Größe'],
      [slashed, 'INBOX/Home', 'INBOX/Home'],
      [slashed, 'INBOX.Home', 'INBOX/Home'],
      [slashed, 'a.b', 'a.b'],
      [slashed, 'INBOX/', 'INBOX'],
      [slashed, '/', undefined],
      [slashed, 'Projects/Archive', undefined],
      [dotted, '/Work/2026/', 'INBOX.Work.2026'],
      [dotted, 'Work.2026.', 'INBOX.Work.2026'],
      [flat, 'INBOX/Work', 'Work'],
    ] as const)
      expect(findMailboxLoosely(listed, name)?.path, name).toBe(path)
    // An exact path comes first, and two that are alike are none.
    expect(findMailboxLoosely([mailbox('Work'), mailbox('INBOX/Work')], 'INBOX/Work')?.path).toBe(
      'INBOX/Work',
    )
    expect(findMailboxLoosely([mailbox('WORK'), mailbox('Work')], '/work/')).toBeUndefined()
  })
})
