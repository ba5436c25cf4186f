/** What {@code darex select} does: measure, walk METHOD.md §7's tree, try, and choose. */
package io.darex.bench.select;
