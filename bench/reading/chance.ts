/** Chance with a seed: the same mails in every run, on every machine. */
export interface Chance {
  /** At least 0, below 1. */
  next(): number
  oneOf<T>(list: readonly [T, ...T[]]): T
  isTrue(share: number): boolean
  /** Words that no other place in the mail has, so that each can be found again. */
  words(count: number): string
}

const vocabulary =
  'invoice order shipped Tuesday meeting budget travel garden winter bright letter answer offer account balance welcome confirm délai Größe delivery tracking number please thanks regards team summer price market river quiet orange purple silver'.split(
    ' ',
  )

export function createChance(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
  return {
    next,
    oneOf: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    isTrue: (share) => next() < share,
    words: (count) =>
      Array.from(
        { length: count },
        () => `${vocabulary[Math.floor(next() * vocabulary.length)]}${Math.floor(next() * 10_000)}`,
      ).join(' '),
  }
}
