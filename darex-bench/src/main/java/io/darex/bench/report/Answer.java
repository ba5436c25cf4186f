package io.darex.bench.report;

import io.darex.bench.console.Size;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Picture;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Row.Spread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a report begins with: {@linkplain SmallestFile S1} in a sentence, in a table by method, and
 * the picture of the metric against bytes.
 *
 * @param tried the files; nothing is said of none
 * @param unpruned the metric of the unpruned model on dev
 * @param base that of the base with the tuned head
 * @param over what mean and spread are over
 */
record Answer(
    String task, String metric, List<FileLoss> tried, double unpruned, double base, String over) {
  /** The picture's file. */
  static final String PICTURE = "metric-against-bytes.png";

  private static final int POINTS = 100;

  /** The pieces, in their order. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    if (tried.isEmpty()) {
      return blocks;
    }
    blocks.add(new Paragraph(sentence()));
    blocks.add(table());
    boolean several = tried.stream().anyMatch(each -> each.loss().count() > 1);
    blocks.add(
        new Paragraph(
            "Loss is unpruned minus pruned on dev, in points of 0.01 "
                + metric
                + (several ? ", mean ± standard deviation over " + over : "")
                + ". S1 is read off dev by the mean loss, of the files tried: between it and the"
                + " next smaller one others may do, so it is an upper bound."));
    if (tried.stream().anyMatch(FileLoss::isScored)) {
      blocks.add(
          new Picture(
              PICTURE,
              "The metric on dev against the bytes of the file"
                  + (several ? "; bars are one standard deviation over " + over : "")
                  + ". Files of one size stand a little aside of one another.",
              Charts.png(BytesChart.of(this))));
    }
    return blocks;
  }

  /** S1 in words. */
  String sentence() {
    Optional<SmallestFile> smallest = SmallestFile.among(tried);
    if (smallest.isPresent()) {
      FileLoss file = smallest.get().file();
      return String.format(
          Locale.ROOT,
          "S1, the smallest file that loses at most one point: %s, %s, %s of dense; loss %s"
              + " points; %s. %s",
          file.method(),
          size(file.bytes()),
          toDense(file.bytes(), file.denseBytes()),
          points(file.loss()),
          smallest
              .get()
              .nextSmaller()
              .map(Answer::next)
              .orElse("no smaller file of this method was tried"),
          (file.files().size() == 1 ? "File: " : "Files: ") + files(file) + ".");
    }
    return SmallestFile.best(tried)
        .map(
            best ->
                String.format(
                    Locale.ROOT,
                    "S1: no file tried loses at most one point. The one that loses least: %s, %s,"
                        + " %s of dense; loss %s points.",
                    best.method(),
                    size(best.bytes()),
                    toDense(best.bytes(), best.denseBytes()),
                    points(best.loss())))
        .orElse("S1: no file tried has a score, outputs are not finite.");
  }

  private static String next(FileLoss smaller) {
    String file = "the next smaller file of this method, " + size(smaller.bytes()) + ", ";
    return file
        + (smaller.isScored()
            ? "loses " + points(smaller.loss())
            : "has no score, outputs are not finite");
  }

  private Table table() {
    Map<String, List<FileLoss>> methods =
        tried.stream()
            .collect(
                Collectors.groupingBy(FileLoss::method, LinkedHashMap::new, Collectors.toList()));
    List<List<String>> rows =
        methods.values().stream()
            .sorted(
                Comparator.comparingDouble(
                    own ->
                        SmallestFile.among(own)
                            .map(smallest -> smallest.file().bytes())
                            .orElse(Double.POSITIVE_INFINITY)))
            .map(Answer::row)
            .toList();
    return new Table(
        List.of("method", "S1", "to dense", "loss", "next smaller", "its loss", "files"), rows);
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
    return List.of(
        method,
        (smallest.isPresent() ? "" : "none; best ") + size(file.bytes()),
        toDense(file.bytes(), file.denseBytes()),
        points(file.loss()),
        next.map(each -> size(each.bytes())).orElse("–"),
        next.map(each -> points(each.loss())).orElse("–"),
        files(file));
  }

  private static String files(FileLoss file) {
    int more = file.files().size() - 1;
    return file.files().get(0) + (more == 0 ? "" : " and " + more + " of other seeds");
  }

  /** A mean size in words. */
  static String size(double bytes) {
    return Size.text(Math.round(bytes));
  }

  /** A size beside that of the tuned model. */
  static String toDense(double bytes, double denseBytes) {
    return String.format(Locale.ROOT, "1 : %.0f", denseBytes / bytes);
  }

  /** A loss in points. */
  static String points(Spread loss) {
    return new Spread(POINTS * loss.mean(), POINTS * loss.std(), loss.count())
        .form("%.2f", "%.2f")
        .replaceFirst("^-0\\.00", "0.00");
  }
}
