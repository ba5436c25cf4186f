package io.darex.bench.task;

import java.nio.file.Path;
import java.util.List;

/** Where a task's examples come from. */
public interface Source {
  /** Whether the examples lie in the GLUE folder, which the user has to name. */
  boolean needsGlue();

  /** The files that are read, where the source itself names them. */
  default List<Path> paths() {
    return List.of();
  }

  /**
   * The examples of a partition: one part, or several where a task has several such sets, the one
   * that models are chosen by first.
   *
   * @throws io.darex.bench.console.BadInputException if there is no such partition, the folder is
   *     needed and not given, or a file is missing or malformed
   */
  List<Part> parts(Partition partition, DataFolder folder);
}
