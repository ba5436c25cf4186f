package io.darex.bench.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that says which label each class of a model is. */
final class ClassesOption {
  @Option(
      names = "--classes",
      paramLabel = "LABEL",
      split = ",",
      description =
          "The task's labels in the order of the model's classes; default: as id2label in its"
              + " config.json says.")
  private List<String> classes;

  /** The labels; empty where the names of the model's classes are to tell. */
  Optional<List<String>> given() {
    return Optional.ofNullable(classes).map(List::copyOf);
  }
}
