/**
 * For embedding: many fine-tunes of one encoder in one process, from the files that {@code darex
 * prune} writes. {@link io.darex.bench.serve.Models} answers texts, {@link
 * io.darex.bench.serve.ModelServer} does so over HTTP.
 */
package io.darex.bench.serve;
