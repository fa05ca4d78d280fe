// This file is the verbs backup and restore: a copy of what a program keeps, and a data folder made of one.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends/native/engine"
	"github.com/stateful-entities/sfc/internal/backup"
	"github.com/stateful-entities/sfc/internal/progress"
)

func backupCommand() *cli.Command {
	return &cli.Command{
		Name: "backup", Usage: "copy what a program keeps, as it is at one moment, to a file", ArgsUsage: " ",
		Description: "A program that runs goes on meanwhile. With --data, that of the target native does not run: its folder is read\n" +
			"through and compared with its checksums first. The file is a tar of a data folder: sfc restore makes one of it.",
		Flags: append(endpointFlags(),
			&cli.StringFlag{Name: "data", Usage: "the data `folder` of a program that does not run, instead of an endpoint"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`file` for the backup, which must be new; - is stdout"},
		),
		Action: func(c *cli.Context) error {
			name := c.String("output")
			if c.NArg() > 0 || name == "" {
				return usage("backup wants -o FILE and no argument")
			}
			if _, err := os.Stat(name); name != "-" && err == nil {
				return fmt.Errorf("%s is there already: a backup overwrites nothing", name)
			}
			if c.IsSet("data") {
				return backUpFolder(c, c.String("data"), name)
			}
			return backUp(c, name)
		},
	}
}

// backUp copies what a running program keeps.
func backUp(c *cli.Context, name string) error {
	cl, err := client(c)
	if err != nil {
		return err
	}
	stream, size, a, err := cl.Backup(c.Context)
	if err != nil {
		return unreachable(cl, err)
	}
	if a.Code != "" {
		return refused(c, a, false)
	}
	defer stream.Close()
	work := progress.Start(c.App.ErrWriter, fmt.Sprintf("sfc: backing up %s", cl.Endpoint), progress.Bytes)
	work.Total(size)
	defer work.Stop()
	err = writeTo(c, name, func(to io.Writer) error {
		_, err := io.Copy(to, io.TeeReader(stream, work))
		return err
	})
	work.Stop()
	return backedUp(c, name, size, err)
}

// backUpFolder copies the data folder of a program that does not run.
func backUpFolder(c *cli.Context, dir, name string) error {
	work := progress.Start(c.App.ErrWriter, fmt.Sprintf("sfc: backing up %s", dir), progress.Bytes)
	defer work.Stop()
	var size int64
	err := engine.Check(dir, work.Add, func(found *engine.Contents) error {
		list, err := backup.Of(dir, found.Program, found.Version, nativeTarget, engine.Folder)
		if err != nil {
			return err
		}
		size = list.Size()
		return writeTo(c, name, func(to io.Writer) error { return list.Write(io.MultiWriter(to, work), dir) })
	})
	work.Stop()
	return backedUp(c, name, size, err)
}

// nativeTarget is the target whose data folders sfc knows from inside.
const nativeTarget = "native"

func backedUp(c *cli.Context, name string, size int64, err error) error {
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: backed up %s of files to %s\n", progress.Bytes(size), name)
	return nil
}

// writeTo writes a file whole and synced, or not at all; - is stdout.
func writeTo(c *cli.Context, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(c.App.Writer)
	}
	half := name + ".part"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(half, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(half))
	}
	return nil
}

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name: "restore", Usage: "make a data folder of a backup", ArgsUsage: "FILE",
		Description: "All of it is compared with checksums. The folder is made whole or not at all; then `sfc run --data FOLDER` starts\n" +
			"from it. FILE may be -, which is stdin.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "the `folder`: new or empty"},
		},
		Action: func(c *cli.Context) error {
			dir := c.String("data")
			if c.NArg() != 1 || dir == "" {
				return usage("restore wants the file of a backup and --data FOLDER")
			}
			from := c.App.Reader
			if name := c.Args().First(); name != "-" {
				f, err := os.Open(name)
				if err != nil {
					return err
				}
				defer f.Close()
				from = f
			}
			return restore(c, from, dir)
		},
	}
}

func restore(c *cli.Context, from io.Reader, dir string) error {
	work := progress.Start(c.App.ErrWriter, fmt.Sprintf("sfc: restoring to %s", dir), progress.Bytes)
	defer work.Stop()
	var list *backup.List
	err := backup.Restore(io.TeeReader(from, work), dir, func(l *backup.List) {
		list = l
		work.Total(2 * l.Size()) // each is written, and read again
	}, func(folder string, l *backup.List) error {
		work.Note("checking")
		return checkFolder(folder, l, work)
	})
	work.Stop()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: restored %d files of %s version %d, target %s\n", len(list.Files), list.Program, list.Version, list.Target)
	return nil
}

// checkFolder reads a folder through as its target would, if sfc knows how.
func checkFolder(dir string, l *backup.List, work *progress.Work) error {
	if l.Target != nativeTarget {
		return nil
	}
	return engine.Check(dir, work.Add, func(found *engine.Contents) error {
		if found.Program != l.Program {
			return fmt.Errorf("the backup is said to be of program %q, and holds %q", l.Program, found.Program)
		}
		return nil
	})
}
