package io.darex.bench.task;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a task's files lie, and who is told what was passed over in them.
 *
 * @param path the folder that holds {@code CoLA}, {@code SST-2} and so on, where one was named
 * @param notice takes one line for each file with something to say about it
 */
public record DataFolder(Optional<Path> path, Consumer<String> notice) {}
