package io.darex.bench.select;

/**
 * A branch of the tree of docs/METHOD.md §8.
 *
 * @param question what was asked
 * @param measured the numbers it was decided by
 * @param threshold what they were compared with
 * @param way which way it went
 */
public record Decision(String question, String measured, String threshold, String way) {}
