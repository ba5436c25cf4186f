package io.darex.bench.glue;

import io.darex.prune.checkpoint.AtomicWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The answers of a model to the examples of a part.
 *
 * @param task whose labels they are
 * @param part the examples
 * @param answers for each example a label index, or a score in a regression
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
public record Predictions(Task task, Part part, double[] answers) {
  /**
   * @throws IllegalArgumentException if there is not one answer for each example
   */
  public Predictions {
    if (answers.length != part.examples().size()) {
      throw new IllegalArgumentException(
          "need one answer for each example: " + answers.length + ", " + part.examples().size());
    }
  }

  /** The right answers; NaN where they are not known. */
  public double[] gold() {
    return part.examples().stream().mapToDouble(Example::label).toArray();
  }

  /**
   * Writes a TSV with the header {@code index prediction label}: the answers and the right ones as
   * the task's files write them, nothing for a label that is not known.
   */
  public void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>(List.of("index\tprediction\tlabel"));
    for (int i = 0; i < answers.length; i++) {
      Example example = part.examples().get(i);
      lines.add(
          part.indices().get(i)
              + "\t"
              + task.written().write(answers[i])
              + "\t"
              + (example.labelled() ? task.written().write(example.label()) : ""));
    }
    write(file, lines);
  }

  /** The name of the file of this part in a GLUE submission, such as {@code MNLI-mm.tsv}. */
  public String submissionName() {
    String set =
        part.name().endsWith("_mismatched") ? "-mm" : part.name().endsWith("_matched") ? "-m" : "";
    return task.submission().orElseThrow() + set + ".tsv";
  }

  /**
   * Writes the file of this part for GLUE's server, with the header {@code index prediction}: label
   * names where the task's own files have names, numbers elsewhere, scores within the range.
   *
   * @throws java.util.NoSuchElementException if the task is none of GLUE's
   */
  public Path writeSubmission(Path folder) throws IOException {
    Path file = folder.resolve(submissionName());
    List<String> lines = new ArrayList<>(List.of("index\tprediction"));
    for (int i = 0; i < answers.length; i++) {
      lines.add(part.indices().get(i) + "\t" + task.written().writeWithin(answers[i]));
    }
    write(file, lines);
    return file;
  }

  private static void write(Path file, List<String> lines) throws IOException {
    String text = String.join("\n", lines) + "\n";
    AtomicWrite.file(file, true, temporary -> Files.writeString(temporary, text));
  }
}
