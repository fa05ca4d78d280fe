// This file is the verbs backup and restore: a copy of what a running program keeps, and a data folder made of one.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/backup"
	"github.com/stateful-entities/sfc/internal/progress"
)

func backupCommand() *cli.Command {
	return &cli.Command{
		Name: "backup", Usage: "copy what a running program keeps, as it is at one moment, to a file", ArgsUsage: " ",
		Description: "The program goes on meanwhile. The file is a tar of a data folder: sfc restore makes one of it.\n" +
			"The data folder of a program that does not run can simply be copied.",
		Flags: append(endpointFlags(),
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
			return backUp(c, name)
		},
	}
}

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
	from := io.TeeReader(stream, work)
	if name == "-" {
		_, err = io.Copy(c.App.Writer, from)
	} else {
		err = writeWhole(name, from)
	}
	work.Stop()
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: backed up %s of files to %s\n", progress.Bytes(size), name)
	return nil
}

// writeWhole writes a file whole and synced, or not at all.
func writeWhole(name string, from io.Reader) error {
	half := name + ".part"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
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
		Description: "The folder is made whole or not at all; then `sfc run --data FOLDER` starts from it. FILE may be -, which is stdin.",
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
	err := backup.Restore(io.TeeReader(from, work), dir, func(l *backup.List) error {
		list = l
		work.Total(l.Size())
		return nil
	})
	work.Stop()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: restored %d files of %s version %d, target %s\n", len(list.Files), list.Program, list.Version, list.Target)
	return nil
}
