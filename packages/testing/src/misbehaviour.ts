/**
 * The ways in which a mail server can be bad company, each usable at any stage of a scripted server (R58).
 * None of them ever ends by itself: the client must, within its deadline.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { LineConnection } from './line-connection.ts'

export type Misbehaviour = keyof typeof misbehaviours

const untilClosed = (connection: LineConnection) => connection.closed

export const misbehaviours = {
  /** Says nothing and keeps the connection, also after the client's FIN. */
  silent: untilClosed,
  /** One byte every 100 ms of an answer that never ends: no idle timeout notices. */
  async dribble(connection: LineConnection) {
    while (connection.isOpen()) {
      await connection.write('x')
      await delay(100)
    }
  },
  /** RFC 9051 §7.1.5, then FIN. */
  async bye(connection: LineConnection) {
    await connection.write('* BYE Too busy\r\n')
    connection.end()
    await untilClosed(connection)
  },
  /** Announces 4 GB and starts to send them. */
  async hugeLiteral(connection: LineConnection) {
    await connection.write('* 1 FETCH (UID 1 BODY[] {4000000000}\r\n')
    const filler = Buffer.alloc(64 * 1024, 'A')
    while (connection.isOpen()) await connection.write(filler)
  },
  /** Untagged lines without end, as fast as the client takes them. */
  async endlessUntagged(connection: LineConnection) {
    const lines = '* 1 FETCH (FLAGS (\\Seen))\r\n'.repeat(500)
    while (connection.isOpen()) {
      await connection.write(lines)
      // Leaves the event loop to a client in the same process.
      await delay(1)
    }
  },
  /** Half a literal, then FIN. */
  async dropMidLiteral(connection: LineConnection) {
    await connection.write('* 1 FETCH (UID 1 BODY[] {1000}\r\nSubject: cut of')
    connection.end()
    await untilClosed(connection)
  },
  /** FIN without a word. */
  async hangUp(connection: LineConnection) {
    connection.end()
    await untilClosed(connection)
  },
  async reset(connection: LineConnection) {
    connection.reset()
  },
  /** Not a mail server at all. */
  async nonsense(connection: LineConnection) {
    await connection.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    await untilClosed(connection)
  },
} as const

export const allMisbehaviours = Object.keys(misbehaviours) as Misbehaviour[]
