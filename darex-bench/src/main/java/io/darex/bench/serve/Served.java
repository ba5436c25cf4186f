package io.darex.bench.serve;

import java.nio.file.Path;
import java.util.List;

/**
 * What is known of a model that is served.
 *
 * @param name by which it is asked for
 * @param file its delta
 * @param labels of its classes in order; a single one for a regression
 * @param way how its products are computed: unmerged or resident
 * @param keptShare of the entries of the layers' matrices, what the delta keeps, in [0, 1]
 * @param bytes of memory beside the base, copies and tokenizer apart
 */
public record Served(
    String name, Path file, List<String> labels, Way way, double keptShare, long bytes) {}
