package io.darex.bench.glue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where a task's examples come from. */
public interface Source {
  /** Whether the examples lie in a folder that the user has to name. */
  boolean needsGlue();

  /**
   * The official training examples, in their order.
   *
   * @param glue the GLUE folder, where one was named
   * @throws io.darex.bench.BadInputException if the folder is needed and not given, or a file in it
   *     is missing or malformed
   */
  List<Example> train(Optional<Path> glue);

  /** The official development examples, in their order; otherwise as {@link #train}. */
  List<Example> dev(Optional<Path> glue);
}
