package io.darex.bench.cli;

import io.darex.bench.config.TaskConfig;
import io.darex.bench.encoder.BuiltInEncoders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The files and folders that a command reads, which its output must not touch. */
final class Inputs {
  private final List<Path> paths = new ArrayList<>();

  /** Those that are named; null where one is not. */
  static Inputs of(Path... named) {
    return new Inputs().and(named);
  }

  Inputs and(Path... named) {
    for (Path path : named) {
      if (path != null) {
        paths.add(path);
      }
    }
    return this;
  }

  /** A folder, unless it is a built-in encoder. */
  Inputs andModel(String nameOrFolder) {
    return BuiltInEncoders.names().contains(nameOrFolder) ? this : and(Path.of(nameOrFolder));
  }

  /** The YAML file of a task and the files that it names; null where there is no task. */
  Inputs andTask(String argument) {
    if (argument != null) {
      TaskConfig.file(argument).ifPresent(paths::add);
      paths.addAll(TaskConfig.of(argument).source().paths());
    }
    return this;
  }

  List<Path> paths() {
    return Collections.unmodifiableList(paths);
  }
}
