/**
 * RTF 1.9: groups, control words and the text between them, in the code page of its font; of a document, and of a body
 * that Outlook wrote. Hidden, deleted and white runs are told apart; pictures, fields' instructions and everything a
 * reader may skip (`\*`) are passed over. RTF that was made from HTML (MS-OXRTFEX) gives that HTML back. What single
 * control words say is rtf-words.ts.
 */
import { isAscii } from 'node:buffer'
import { decodeText } from './charset.ts'
import { charsets, lookAfter, passedOver, spoken } from './rtf-words.ts'
import { judge, type RunLook, type Unseen } from './run-look.ts'

/** Where the text goes. */
export interface RtfSink {
  write(text: string): void
  hide(why: Unseen | 'deleted' | 'comments', text: string): void
}

export interface ReadRtf {
  /** What was written is HTML. */
  readonly isHtml: boolean
  /** Groups are nested deeper than any program writes: the rest was not read. */
  readonly isTooDeep: boolean
}

/** Groups in groups; a program writes ten. */
const maxDepth = 500

interface State {
  look: RunLook
  isSkipped: boolean
  isDeleted: boolean
  isComment: boolean
  font: number
  /** Bytes that follow a `\u` for readers that know no Unicode. */
  fallback: number
  table: 'fonts' | 'colours' | undefined
  /** Within `\*\htmltag`: of the HTML, whatever else is not. */
  isTag: boolean
}

/** Where RTF says that it was HTML. */
const headBytes = 2_000

export function readRtf(content: Buffer, sink: RtfSink): ReadRtf {
  const isHtml = content.toString('latin1', 0, headBytes).includes('\\fromhtml1')
  /** `\htmlrtf`: only for programs that know no HTML. */
  let isForRtf = false
  const stack: State[] = []
  let state: State = {
    look: {},
    isSkipped: false,
    isDeleted: false,
    isComment: false,
    font: 0,
    fallback: 1,
    table: undefined,
    isTag: false,
  }
  const fonts = new Map<number, string>()
  const colours: string[] = []
  let codePage = 'windows-1252'
  let definedFont = 0
  let defaultFont = 0
  let channels = [0, 0, 0]
  let isAutomatic = true
  let bytes: number[] = []
  let toSkip = 0
  let isStarred = false
  let comment = ''

  const add = (text: string) => {
    if (state.table === 'colours') {
      for (const char of text)
        if (char === ';') {
          colours.push(
            isAutomatic ? 'auto' : channels.map((value) => value.toString(16).padStart(2, '0')).join(''),
          )
          channels = [0, 0, 0]
          isAutomatic = true
        }
      return
    }
    if (state.table === 'fonts' || state.isSkipped || (isForRtf && !state.isTag)) return
    if (isHtml) return sink.write(text)
    if (state.isComment) {
      comment += text
      return
    }
    const why = state.isDeleted ? 'deleted' : judge(state.look)
    if (why === undefined) sink.write(text)
    else sink.hide(why, text)
  }
  const flush = () => {
    if (bytes.length === 0) return
    const charset = fonts.get(state.font) ?? codePage
    const raw = Buffer.from(bytes)
    bytes = []
    // Every code page of RTF holds ASCII, and most runs are a few letters of it.
    add(isAscii(raw) ? raw.toString('latin1') : decodeText(raw, charset))
  }
  const addByte = (byte: number) => {
    if (toSkip > 0) toSkip -= 1
    else bytes.push(byte)
    if (bytes.length > 64 * 1024) flush()
  }
  const onWord = (word: string, value: number | undefined) => {
    flush()
    const isOn = value !== 0
    if (isStarred && word !== 'nesttableprops')
      state.isSkipped = !['shpinst', 'shptxt', 'annotation'].includes(word)
    isStarred = false
    if (passedOver.has(word)) state.isSkipped = true
    const text = spoken[word]
    if (text !== undefined) {
      toSkip = 0
      return add(text)
    }
    state.look = lookAfter(state.look, word, value, colours)
    switch (word) {
      case 'htmltag':
        state.isSkipped = !isHtml
        state.isTag = true
        break
      case 'htmlrtf':
        isForRtf = isHtml && isOn
        break
      case 'u': {
        const code = (value ?? 0) < 0 ? (value ?? 0) + 65_536 : (value ?? 0)
        add(String.fromCharCode(code & 0xffff))
        toSkip = state.fallback
        break
      }
      case 'uc':
        state.fallback = Math.min(16, Math.max(0, value ?? 1))
        break
      case 'ansicpg':
        codePage = value === 65_001 ? 'utf-8' : `windows-${value}`
        break
      case 'mac':
        codePage = 'macintosh'
        break
      case 'fonttbl':
        state.table = 'fonts'
        break
      case 'colortbl':
        state.table = 'colours'
        break
      case 'deff':
        defaultFont = value ?? 0
        state.font = defaultFont
        break
      case 'f':
        if (state.table === 'fonts') definedFont = value ?? 0
        else state.font = value ?? 0
        break
      case 'fcharset': {
        const charset = charsets[value ?? 0]
        if (charset !== undefined && fonts.size < 10_000) fonts.set(definedFont, charset)
        break
      }
      case 'red':
      case 'green':
      case 'blue':
        channels[['red', 'green', 'blue'].indexOf(word)] = Math.min(255, Math.max(0, value ?? 0))
        isAutomatic = false
        break
      case 'plain':
        state.font = defaultFont
        state.isDeleted = false
        break
      case 'deleted':
        state.isDeleted = isOn
        break
      case 'annotation':
        state.isComment = true
        break
      case 'bin':
        toSkip = 0
        break
    }
  }

  for (let at = 0; at < content.length; at++) {
    const byte = content[at] ?? 0
    if (byte === 0x7b) {
      flush()
      toSkip = 0
      if (stack.length >= maxDepth) return { isHtml, isTooDeep: true }
      stack.push(state)
      state = { ...state }
    } else if (byte === 0x7d) {
      flush()
      toSkip = 0
      const inner = state
      state = stack.pop() ?? state
      if (inner.isComment && !state.isComment) {
        sink.hide('comments', comment)
        comment = ''
      }
      if (stack.length === 0) break
    } else if (byte === 0x5c) {
      const next = content[at + 1] ?? 0
      if (!isLetter(next)) {
        at += 1
        if (next === 0x27) {
          const value = Number.parseInt(content.toString('latin1', at + 1, at + 3), 16)
          at += 2
          if (!Number.isNaN(value)) addByte(value)
        } else if (next === 0x2a) {
          isStarred = true
        } else if (next === 0x7e) {
          flush()
          add('\u00a0')
        } else if (next === 0x5f) {
          flush()
          add('-')
        } else if (next === 0x0a || next === 0x0d) {
          flush()
          add('\n')
        } else if (next === 0x5c || next === 0x7b || next === 0x7d) addByte(next)
        continue
      }
      let end = at + 1
      while (end - at < 33 && isLetter(content[end] ?? 0)) end += 1
      const word = content.toString('latin1', at + 1, end)
      const digits = /^-?\d{1,10}/.exec(content.toString('latin1', end, end + 11))?.[0] ?? ''
      end += digits.length
      if (content[end] === 0x20) end += 1
      const value = digits === '' ? undefined : Number(digits)
      onWord(word, value)
      // Bytes of a picture may be anything, a brace too.
      if (word === 'bin') end += Math.max(0, value ?? 0)
      at = end - 1
    } else if (byte !== 0x0a && byte !== 0x0d) addByte(byte)
  }
  flush()
  return { isHtml, isTooDeep: false }
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)
}
