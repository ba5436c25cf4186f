package io.darex.prune.file;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether an output may be written (docs/adr/0011). Whatever writes asks here, and before
 * its work: what is refused is refused before anything is deleted.
 */
public final class Output {
  /** A checkpoint's files are in the first level below its folder, GLUE's in the second. */
  private static final int LINKS_DEPTH = 2;

  private Output() {}

  /** What of the content of a folder is ours. */
  @FunctionalInterface
  public interface Ours {
    /** Looks into {@code folder}, which exists. */
    Contents of(Path folder) throws IOException;
  }

  /**
   * Refuses a file that would take the place of an input, or of anything but a file.
   *
   * @param force whether a file that exists may be replaced
   * @param inputs files and folders that are read
   * @throws RefusedOutputException if it is, contains or lies inside an input, or is no regular
   *     file
   * @throws FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void requireFile(Path out, boolean force, Collection<Path> inputs)
      throws IOException {
    requireApart(out, inputs);
    OutputPlace.requireWritable(out);
    if (!exists(out)) {
      return;
    }
    Optional<String> obstacle =
        Files.isRegularFile(out, LinkOption.NOFOLLOW_LINKS)
            ? Optional.empty()
            : Optional.of("expected a file or none, got " + kind(out));
    requireForce(out, force, obstacle);
  }

  /**
   * Refuses a folder that would take the place of an input, or of anything but a folder in which
   * everything is ours.
   *
   * @param force whether a folder that exists may be replaced
   * @param ours what may be replaced
   * @param inputs files and folders that are read
   * @throws RefusedOutputException if it is, contains or lies inside an input, is no folder, or
   *     holds something that is not ours
   * @throws FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void requireFolder(Path out, boolean force, Ours ours, Collection<Path> inputs)
      throws IOException {
    requireApart(out, inputs);
    OutputPlace.requireWritable(out);
    if (!exists(out)) {
      return;
    }
    Optional<String> obstacle =
        Files.isDirectory(out, LinkOption.NOFOLLOW_LINKS)
            ? ours.of(out)
                .foreign(out)
                .map(name -> "expected a folder that darex wrote, got " + name + " in it")
            : Optional.of("expected a folder or none, got " + kind(out));
    requireForce(out, force, obstacle);
  }

  private static void requireForce(Path out, boolean force, Optional<String> obstacle)
      throws IOException {
    if (!force) {
      throw new FileAlreadyExistsException(
          out.toString(),
          null,
          obstacle.isPresent()
              ? "exists already; choose another name (" + obstacle.get() + ")"
              : null);
    }
    if (obstacle.isPresent()) {
      throw new RefusedOutputException(
          out, obstacle.get() + "; nothing was deleted, choose another name or remove it yourself");
    }
  }

  /**
   * Refuses an output that is an input, contains one or lies inside one, by whatever names: through
   * links, relative, not there yet.
   *
   * @param inputs files and folders that are read; those that do not exist are passed over
   * @throws RefusedOutputException if so
   */
  public static void requireApart(Path out, Collection<Path> inputs) throws IOException {
    Path real = real(out);
    for (Path input : inputs) {
      if (Files.exists(input)) {
        for (Path one : withLinks(input.toRealPath())) {
          String relation =
              isSame(real, one)
                  ? "is"
                  : lies(one, real) ? "contains" : lies(real, one) ? "lies inside" : "";
          if (!relation.isEmpty()) {
            throw new RefusedOutputException(
                out,
                "the output " + relation + " the input " + input + "; choose another place for it");
          }
        }
      }
    }
  }

  /** An input and, of a folder, what the links in it lead to: caches keep their files elsewhere. */
  private static List<Path> withLinks(Path input) throws IOException {
    List<Path> all = new ArrayList<>(List.of(input));
    FileVisitor<Path> links =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isSymbolicLink() && Files.exists(file)) {
              all.add(file.toRealPath());
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // who reads it says what is wrong with it
          }
        };
    Files.walkFileTree(input, EnumSet.noneOf(FileVisitOption.class), LINKS_DEPTH, links);
    return all;
  }

  private static boolean lies(Path inner, Path outer) throws IOException {
    for (Path folder = inner.getParent(); folder != null; folder = folder.getParent()) {
      if (isSame(folder, outer)) {
        return true;
      }
    }
    return false;
  }

  /** By identity too: the case of names may not matter, and folders can be mounted twice. */
  private static boolean isSame(Path a, Path b) throws IOException {
    return a.equals(b) || (Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b));
  }

  /**
   * The path that a file would have once it is written: links followed, as far as there is
   * something, and {@code ..} taken as the system takes it.
   */
  public static Path real(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    Path real = absolute.getRoot();
    for (Path name : absolute) {
      if (name.toString().equals("..")) {
        real = real.getParent() == null ? real : real.getParent();
      } else if (!name.toString().equals(".") && !name.toString().isEmpty()) {
        Path next = real.resolve(name);
        real = Files.exists(next) ? next.toRealPath() : next;
      }
    }
    return real;
  }

  /** Whether there is anything, a link that leads nowhere included. */
  public static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** What lies there, in a word. */
  public static String kind(Path path) {
    if (Files.isSymbolicLink(path)) {
      return "a symbolic link";
    }
    if (Files.isDirectory(path)) {
      return "a folder";
    }
    return Files.isRegularFile(path) ? "a file" : "neither file nor folder";
  }
}
