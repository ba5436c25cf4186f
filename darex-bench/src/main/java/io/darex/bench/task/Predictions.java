package io.darex.bench.task;

import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Output;
import io.darex.prune.file.OutputPlace;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
  private static final String HEADER = "index\tprediction";

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
    List<String> lines = new ArrayList<>(List.of(HEADER + "\tlabel"));
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

  /**
   * Refuses a file that would take the place of an input, or of anything but older predictions.
   *
   * @param inputs files and folders that are read
   * @throws RefusedOutputException if so
   */
  public static void requireOurs(Path file, List<Path> inputs) throws IOException {
    Output.requireApart(file, inputs);
    OutputPlace.requireWritable(file);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      try (InputStream content = Files.newInputStream(file)) {
        String start = new String(content.readNBytes(HEADER.length()), StandardCharsets.UTF_8);
        if (start.equals(HEADER)) {
          return;
        }
      }
    }
    throw new RefusedOutputException(
        file,
        "expected no such file or one of predictions, which begins with index and prediction; got"
            + " another; choose another name or remove it yourself");
  }

  /** The name of the file of this part in a GLUE submission, such as {@code MNLI-mm.tsv}. */
  public String submissionName() {
    return submissionName(task, part);
  }

  /** As {@link #submissionName()}, of a part that has no answers yet. */
  public static String submissionName(Task task, Part part) {
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
    List<String> lines = new ArrayList<>(List.of(HEADER));
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
