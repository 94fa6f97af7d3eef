/**
 * The message of an APPEND (RFC 9051 §6.3.12) in pieces, no faster than the server reads: handed over at once, 36 MB
 * would be copied as a part of their command and held once more under TLS. With LITERAL+ (RFC 7888) all of it goes out
 * in one flight; the library waits for "+" above 4096 bytes.
 */
import type { MessageBytes } from '../message-bytes.ts'
import type { Channel, ImapToken, SentCommand } from './protocol.ts'

/** The last token of an APPEND; no other may be one. */
export interface MessageLiteral {
  readonly type: 'LITERAL'
  /** Empty: what is written is `message`. */
  value: Buffer
  readonly message: MessageBytes
}

export function toLiteral(message: MessageBytes): MessageLiteral {
  return { type: 'LITERAL', value: Buffer.alloc(0), message }
}

/** One packet, with its command. */
const shortBytes = 64 * 1024

/**
 * @param compile a command in bytes, without its line end
 * @param close for a connection that cannot go on in the middle of a message
 */
export function writeMessagesInPieces(
  channel: Channel,
  compile: (command: SentCommand) => Buffer,
  hasCapability: (name: string) => boolean,
  close: () => void,
): void {
  const [send, write] = [channel.send.bind(channel), channel.write.bind(channel)]
  /** `mark` is what the library writes when the server lets the message come. */
  let large: { readonly mark: Buffer; readonly message: MessageBytes } | undefined
  /** What is to be written once the message is out; undefined where none is under way. */
  let behind: (() => void)[] | undefined

  channel.send = async (sent) => {
    const message = messageOf(sent)
    if (message === undefined) return send(sent)
    const { length } = message
    const isPlus = hasCapability('LITERAL+') || (hasCapability('LITERAL-') && length <= 4096)
    const command = compile({ ...sent, attributes: sent.attributes.slice(0, -1) })
    const head = Buffer.concat([command, Buffer.from(` {${length}${isPlus ? '+' : ''}}\r\n`)])
    const isShort = length <= shortBytes
    const literal = isShort ? message.toBuffer() : Buffer.alloc(0)
    if (!isShort) large = { mark: literal, message }
    channel.commandParts = isPlus && isShort ? [] : [literal]
    channel.write(isPlus && isShort ? Buffer.concat([head, literal]) : head)
    if (isPlus && !isShort) channel.write(channel.commandParts.shift() ?? literal)
    if (channel.currentRequest && channel.currentRequest.tag === sent.tag) channel.currentRequest.sent = true
  }

  channel.write = (chunk) => {
    if (behind !== undefined) behind.push(() => write(chunk))
    else if (chunk !== large?.mark) write(chunk)
    else {
      const { message } = large
      large = undefined
      behind = []
      writeRest(message.pieces())
    }
  }

  function writeRest(pieces: Generator<Buffer>): void {
    const socket = channel.writeSocket
    // The command that waits is told by the library.
    if (!socket || socket.destroyed) return
    for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
      if (socket.write(next.value)) continue
      socket.once('drain', () => writeRest(pieces))
      return
    }
    end()
  }

  function end(): void {
    const waiting = behind ?? []
    behind = undefined
    try {
      write('')
      for (const one of waiting) one()
    } catch {
      // The connection has ended meanwhile; those who wait are told so as it closes.
      close()
    }
  }
}

/** The library sends commands without attributes, too. */
function messageOf({ command, attributes }: SentCommand): MessageBytes | undefined {
  if (command !== 'APPEND') return undefined
  const last = attributes.at(-1)
  return isMessageLiteral(last) ? last.message : undefined
}

function isMessageLiteral(token: ImapToken | MessageLiteral | undefined): token is MessageLiteral {
  return typeof token === 'object' && token !== null && 'message' in token
}
