package io.darex.bench.report;

import io.darex.bench.console.Size;
import io.darex.bench.report.Block.Code;
import io.darex.bench.report.Block.Lead;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Picture;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Row.Spread;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a report begins with: {@linkplain SmallestFile S1} in a sentence and the commands that use
 * it; then its picture, and a table by method.
 *
 * @param encoder what the files belong to, as a command takes it
 * @param metric its name
 * @param tried the files; nothing is said of none
 * @param unpruned the metric of the unpruned model on dev
 * @param base that of the base with the tuned head, of which nothing is kept
 * @param over what mean and spread are over
 */
record Answer(
    String encoder,
    String metric,
    List<FileLoss> tried,
    double unpruned,
    double base,
    String over) {
  /** The picture's file, without ending. */
  static final String PICTURE = "metric-against-bytes";

  private static final int POINTS = 100;

  /**
   * The first of a report: what to use and how.
   *
   * @param folder of the report, as it was named
   */
  List<Block> lead(Path folder) {
    List<Block> blocks = new ArrayList<>();
    if (tried.isEmpty()) {
      return blocks;
    }
    blocks.add(new Lead(sentence()));
    use()
        .ifPresent(
            file ->
                blocks.add(
                    new Code(
                        Commands.use(encoder, folder.resolve(file.files().get(0)).toString()))));
    blocks.add(new Paragraph(doubt()));
    warning().map(Paragraph::new).ifPresent(blocks::add);
    return blocks;
  }

  private Optional<FileLoss> use() {
    return SmallestFile.among(tried).map(SmallestFile::file);
  }

  /** What file does it, and what it costs. */
  String sentence() {
    Optional<FileLoss> smallest = use();
    if (smallest.isPresent()) {
      return comes(smallest.get()) + " Use " + smallest.get().files().get(0) + ".";
    }
    return SmallestFile.best(tried)
        .map(
            best ->
                "No file tried loses at most one point. The one that loses least: " + comes(best))
        .orElse("No file tried has a score: outputs are not finite.");
  }

  private String comes(FileLoss file) {
    return String.format(
        Locale.ROOT,
        "%s of the size (%s in place of %s) changes %s by %s points, from %.3f to %.3f.",
        toDense(file.bytes(), file.denseBytes()),
        size(file.bytes()),
        size(file.denseBytes()),
        metric,
        change(file),
        file.value().mean() + file.loss().mean(),
        file.value().mean());
  }

  /** How sure the sentence is, and what the next smaller file does. */
  String doubt() {
    List<String> said = new ArrayList<>();
    use()
        .ifPresent(
            file ->
                said.add(
                    "This is S1, the smallest file tried that loses at most one point: "
                        + file.method()
                        + "; "
                        + SmallestFile.among(tried)
                            .flatMap(SmallestFile::nextSmaller)
                            .map(this::next)
                            .orElse("no smaller file of this method was tried")
                        + "."));
    said.add(
        "A point is 0.01 of "
            + metric
            + " on dev, in which a file is compared with the unpruned model.");
    boolean several = tried.stream().anyMatch(each -> each.loss().count() > 1);
    boolean texts =
        tried.stream().anyMatch(each -> each.loss().count() < 2 && each.interval().isPresent());
    String bootstrap = "half of the 95 % interval over other texts (a paired bootstrap of dev).";
    if (several) {
      said.add(
          "± is one standard deviation over "
              + over
              + (texts ? ", and where there is one seed " + bootstrap : "."));
    } else if (texts) {
      said.add("± is " + bootstrap);
    }
    if (!several && !texts) {
      said.add("Each file was made once, so that no interval is known.");
    }
    said.add(
        "S1 is read off dev, of the files tried: between it and the next smaller one others may"
            + " do, so it is an upper bound.");
    return String.join(" ", said);
  }

  /** That the fine-tune itself came to nothing. */
  private Optional<String> warning() {
    return unpruned > base
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "Careful: the tuned model (%.3f) is not above the base with the tuned head (%.3f)."
                    + " The fine-tune changed the encoder for nothing, so that any file will do;"
                    + " train it better first.",
                unpruned,
                base));
  }

  private String next(FileLoss smaller) {
    String file = "the next smaller file of it, " + size(smaller.bytes()) + ", ";
    return file
        + (smaller.isScored()
            ? "changes it by " + change(smaller)
            : "has no score, outputs are not finite");
  }

  /** The picture, where anything has a score. */
  Optional<Picture> picture() {
    return tried.stream().noneMatch(FileLoss::isScored)
        ? Optional.empty()
        : Optional.of(
            Charts.metricAgainstBytes(
                this,
                "The metric on dev against the size of the file; bars are what stands after ± "
                    + "above. Files of one size stand a little aside of one another."));
  }

  /** By method, that of S1 first. */
  Table table() {
    Map<String, List<FileLoss>> methods =
        tried.stream()
            .collect(
                Collectors.groupingBy(FileLoss::method, LinkedHashMap::new, Collectors.toList()));
    List<List<FileLoss>> sorted =
        methods.values().stream()
            .sorted(
                Comparator.comparingDouble(
                    own ->
                        SmallestFile.among(own)
                            .map(smallest -> smallest.file().bytes())
                            .orElse(Double.POSITIVE_INFINITY)))
            .toList();
    return new Table(
        List.of("method", "S1", "to dense", "change", "next smaller", "its change", "files"),
        sorted.stream().map(Answer::row).toList());
  }

  private static List<String> row(List<FileLoss> own) {
    String method = own.get(0).method();
    Optional<SmallestFile> smallest = SmallestFile.among(own);
    Optional<FileLoss> shown = smallest.map(SmallestFile::file).or(() -> SmallestFile.best(own));
    if (shown.isEmpty()) {
      return List.of(method, "none", "–", "outputs not finite", "–", "–", "–");
    }
    FileLoss file = shown.get();
    Optional<FileLoss> next = smallest.flatMap(SmallestFile::nextSmaller);
    int more = file.files().size() - 1;
    return List.of(
        method,
        (smallest.isPresent() ? "" : "none; best ") + size(file.bytes()),
        toDense(file.bytes(), file.denseBytes()),
        change(file),
        next.map(each -> size(each.bytes())).orElse("–"),
        next.map(Answer::change).orElse("–"),
        file.files().get(0) + (more == 0 ? "" : " and " + more + " of other seeds"));
  }

  /** A mean size in words. */
  static String size(double bytes) {
    return Size.text(Math.round(bytes));
  }

  /** A size beside that of the tuned model. */
  static String toDense(double bytes, double denseBytes) {
    return String.format(Locale.ROOT, "1 : %.0f", denseBytes / bytes);
  }

  /** What a file changes, in points: {@code −0.3 ± 0.6}. */
  static String change(FileLoss file) {
    Spread loss = file.loss();
    if (Double.isNaN(loss.mean())) {
      return "outputs not finite";
    }
    String text =
        String.format(Locale.ROOT, "%+.1f", -POINTS * loss.mean())
            .replaceFirst("^[-+]0\\.0$", "0.0")
            .replace('-', '−');
    return file.interval().isEmpty()
        ? text
        : text + String.format(Locale.ROOT, " ± %.1f", POINTS * file.interval().getAsDouble());
  }
}
