/** What {@code darex select} does: measure, walk the tree of docs/METHOD.md §8, try, and choose. */
package io.darex.bench.select;
