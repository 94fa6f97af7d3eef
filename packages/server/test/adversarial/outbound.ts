/**
 * What a program and all its threads and children speak to, as the kernel sees it (strace). Only addresses of the
 * internet protocols: sockets of the machine itself and questions to the kernel leave nothing.
 */
import { existsSync } from 'node:fs'

const strace = '/usr/bin/strace'
const calls = 'connect,sendto,sendmsg,sendmmsg'

/** Undefined where it is not installed, so that a test can say that it was not run. */
export function findStrace(): string | undefined {
  return existsSync(strace) ? strace : undefined
}

/** In front of a command; without strace the command runs alone. */
export function traced(command: readonly string[], tracePath: string): string[] {
  const found = findStrace()
  if (found === undefined) return [...command]
  // strace waits for every child it has, so it must not inherit those of its starter.
  const apart = ['/bin/sh', '-c', '"$@"; exit $?', 'sh']
  return [...apart, found, '-f', '--seccomp-bpf', '-qq', '-e', `trace=${calls}`, '-o', tracePath, ...command]
}

/** `127.0.0.1:993`, `[::1]:993`. Port 0 asks the kernel for a route and sends nothing (RFC 6724 §6). */
export function toDestinations(trace: string): Set<string> {
  const found = [...trace.matchAll(/sin6?_port=htons\((\d+)\)[^}]*?"([^"]+)"/g)]
  return new Set(
    found
      .filter(([, port]) => port !== '0')
      .map(([, port, address = '']) => `${address.includes(':') ? `[${address}]` : address}:${port}`),
  )
}
