/** What {@code darex run} does: fine-tune, prune, search, evaluate, report. */
package io.darex.bench.pipeline;
