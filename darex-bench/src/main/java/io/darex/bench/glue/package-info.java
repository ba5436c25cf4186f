/**
 * Tasks: labelled texts, how they are read, scored and put into batches. To add one is a row in
 * {@link io.darex.bench.glue.Task#ALL}.
 */
package io.darex.bench.glue;
